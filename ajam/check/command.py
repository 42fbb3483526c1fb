"""`ajam check`: every examination, and a line for each finding.

    remark: PBX 127.0.0.1:5038: Asterisk Call Manager/11.0.0
    warning: /etc/asterisk/manager.conf: every user of this host may read the secrets in it; chmod o-rwx ...
    1 warning

0 when ajam can start; 1 when there is an error; with --strict 2 when there is a warning. No line holds a secret.
"""

import json
import sys

from ajam.check.certificate import examine_certificate
from ajam.check.control import examine_control
from ajam.check.files import examine_directories, examine_modes, examine_user
from ajam.check.findings import ERROR, LEVELS, WARNING, exit_code, of_sentence, summary
from ajam.check.pbx import examine_pbx
from ajam.check.ports import examine_ports
from ajam.check.reach import examine_reach
from ajam.check.users import examine_users
from ajam.conf import settings as configuration
from ajam.errors import ConfigError


def examine_configuration(settings):
    """What reading the files has given cause to warn of."""
    return [of_sentence(WARNING, sentence) for sentence in settings.warnings]


EXAMINATIONS = (
    examine_configuration,
    examine_user,
    examine_modes,
    examine_directories,
    examine_control,
    examine_certificate,
    examine_reach,
    examine_users,
    examine_ports,
    examine_pbx,
)


def add_arguments(parser):
    """The options of `ajam check`."""
    parser.add_argument("--strict", action="store_true", help="exit with 2 when there is a warning")
    parser.add_argument("--json", action="store_true",
                        help="print one array of objects with level, place, what and remedy")


def run(options):
    """Examines the configuration in options.directory, prints what was found; the exit code."""
    sys.stdout.reconfigure(errors="backslashreplace")  # names may have letters that the terminal has not
    findings = sorted(examine(options.directory), key=lambda finding: LEVELS.index(finding.level))
    if options.json:
        print(json.dumps([finding._asdict() for finding in findings], indent=1))
    else:
        print(*findings, summary(findings), sep="\n")
    return exit_code(findings, options.strict)


def examine(directory):
    """The Findings of all examinations; only the mistake when the configuration cannot be read."""
    try:
        settings = configuration.load(directory)
    except ConfigError as error:
        return [of_sentence(ERROR, sentence) for sentence in error.sentences]
    return [finding for examination in EXAMINATIONS for finding in examination(settings)]

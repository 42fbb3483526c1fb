"""All properties, by name."""

from tests.fuzz import addresses, browsers, codec, configuration, heads, logins, rendering, uploading
from tests.fuzz.life import run as life

PROPERTIES = (
    *heads.PROPERTIES, *browsers.PROPERTIES, *uploading.PROPERTIES, *addresses.PROPERTIES, *logins.PROPERTIES,
    *configuration.PROPERTIES, *rendering.PROPERTIES, *codec.PROPERTIES, *life.PROPERTIES,
)
BY_NAME = {property.name: property for property in PROPERTIES}

"""ajam as others have it: in each of the ways that README names, from a clean tree."""

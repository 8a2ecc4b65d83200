"""Archives of symbols: their files, one after the other, recognised by content.

    limits       what an archive may hold, and the errors
    parts        ranges of the files of a large archive
    unpacking    the files of an archive, and of archives in it; an archive in a folder
    zipped, tarred, cabinets, streams    a file for each kind
    native_output  what native code decompresses, while it is written
    zip_directory  the number of files in a zip

Paths in an archive are never used as paths. Sizes are counted while bytes are extracted, and every limit is for an
archive and the archives in it together.
"""

from symbolicate.symbols.archives.limits import BadArchiveError, Limits
from symbolicate.symbols.archives.parts import Part, parts_of
from symbolicate.symbols.archives.unpacking import Entry, entries, is_archive, safe_part, unpack

__all__ = ["BadArchiveError", "Entry", "Limits", "Part", "entries", "is_archive", "parts_of", "safe_part", "unpack"]

"""Files from servers and buckets, into a cache on disk.

    network      what may be done on the network: limits, credentials, offline
    addresses    which addresses a foreign name may lead to
    urls         addresses as they are requested, and as they are shown
    credentials  who is asked with which credentials
    watch        ends operations at their time
    connections  connections to checked addresses, which can be ended
    http         requests: redirects, time limits, what a status means
    failure      why a file could not be fetched, and how long that is remembered
    partial      a file that is being fetched
    ranges       a part of a file
    download     one file by HTTP: resumed, retried; also ranges of it
    content      what came: a compressed file, an error page, or the file itself
    cache        files and negative answers on disk; one fetch at a time for each
    fetcher      all of it together: a file of a root, at hand or with the reason why not
    roots        what servers and buckets have in common
    servers      a server by HTTP
    buckets      a bucket of S3, GCS or Azure
    pdb_in_part  a PDB of which only some ranges are fetched

Everything that a server sends is untrusted: its size, its time, its names, its redirects and its content.
"""

"""Files from servers and buckets, into a cache on disk.

    network      what may be done on the network: limits, credentials, offline
    addresses    which addresses a foreign name may lead to
    urls         addresses as they are requested, and as they are shown
    credentials  who is asked with which credentials
    deadline     until when the symbols of a report are searched
    http         requests: connections, redirects, time limits
    download     one file by HTTP: resumed, retried
    buckets      one file from a bucket of S3, GCS or Azure
    cache        files and negative answers on disk; one fetch at a time for each
    fetcher      all of it together: a file of a root, at hand or with the reason why not

Everything that a server sends is untrusted: its size, its time, its names, its redirects and its content.
"""

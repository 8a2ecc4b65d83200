"""Web pages of the service: one file for each page, its template under the same name in `templates/`.

May use everything but the routes of other subjects.
"""

"""What is counted of a report: its outline (failure, device, modules) and the dimensions of its hit. Needs no database.

The service's store and batches of any size count by the same values. May use `report` alone.
"""

"""End-to-end measurements: traffic through the gateway and through the kernel's NAT, in turn, in one run.

`Tools/bench` drives them. `figures` says what is measured and what it should reach, `traffic` makes and counts the
packets, `lab` and `forwarder` are what the packets cross, `machine` is what the results depend on, and `report` prints.
"""

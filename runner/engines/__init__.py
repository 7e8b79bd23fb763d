"""Machines that take shards of a run from this one, over a network.

Comes in: a plan, and an address of ``--engine``. Goes out: the records and files of its shards, in
this machine's home. Never: runs a framework, or code of ours, in an engine's own process; decides
what a result says; takes it for one when a machine falls short.

``engine`` is the interface, ``dask`` the one that there is. ``driving`` hands out the shards and
takes in what comes back, ``shipping`` makes the order that a shard goes out with, ``errand`` is the
process that carries it out on the other machine, ``parcels`` is how bytes travel between the two.
``--engine local`` is none of it: the run goes on in this process.
"""

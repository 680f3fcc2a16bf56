"""Douyu Live (斗鱼): read by websocket or TCP as a guest. Reading only: no way to act is offered to programs.

Read in this order: `wire` (frames and STT, Douyu's text format), `session` (frames to events, without I/O), `feed` (the
platform). Facts: the npm client douyudm and biliup's recorder, which both speak this protocol.
"""

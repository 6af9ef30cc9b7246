"""Perth's inaudible watermark, embedded while a stream flows and looked for in recordings.

The weights are in the wheel `resemble-perth`, and are read from there without importing it: its own code takes whole
clips, and needs packages that the wheel does not bring. `weights` reads them, `spectrum` goes from sound to the
network's input, `layers` is the network, `marker` embeds, `detector` looks for the mark.
"""

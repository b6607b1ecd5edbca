"""The everyday data set: molecules that chemists draw, at their GFN2-xTB minima.

``plan`` chooses molecules from four sources in an order of which every prefix is balanced;
``minima`` brings each of them to its minimum; ``build`` does so in chunks, over processes.
"""

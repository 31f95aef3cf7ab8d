"""Charts as SVG, drawn by the server.

Only attributes and classes, no style: the content security policy drops inline styles. Horizontal places are
percentages without a viewBox: a chart is as wide as its card and its text never shrinks on a phone. The colour
of a part is its `data-state` (states.css); failed is hatched and crashed dotted, since hue alone says nothing.
"""

from controlplane.ui.charts.history import ALL, STACK, Bucket, histogram, summary
from controlplane.ui.charts.strips import heartbeat, sparkline
from controlplane.ui.charts.timeline import Row, Segment, gantt

__all__ = ["ALL", "STACK", "Bucket", "Row", "Segment", "gantt", "heartbeat", "histogram", "sparkline", "summary"]

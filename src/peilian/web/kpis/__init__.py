"""The KPI board (指标看板): one measure in depth, the others beside it, everything leading to its conversations."""

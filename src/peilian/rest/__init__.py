"""The REST interface (接口) for other programs: the doors of the apps as JSON, one module a feature.

``/api/v1/`` is stable: fields are added, never renamed or taken away.
"""

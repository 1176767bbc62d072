"""A TEST DOUBLE of the Kubernetes API server: what Helm and kubectl need to install a chart, and no more.

It is not Kubernetes. It has Kubernetes' schemas (kubernetes-validate) and its rules for versions, patches, owned fields
and owners; its nodes, networks and volumes are make-believe. What is promised of the chart can be tried in a real
cluster too: see ../README.md.
"""

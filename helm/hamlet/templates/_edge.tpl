{{/* The edge's pod: Envoy, and nginx before it on a socket in the folder that they share, as in `hamlet up`. */}}

{{- define "hamlet.edge.containers" -}}
{{- $preStop := .root.Values.shutdown.preStopSeconds -}}
- name: envoy
  command: [python, -m, services.cli.edge]
  {{- include "hamlet.container" . | nindent 2 }}
  ports:
    {{- if not .root.Values.edge.cache.enabled }}
    - {name: http, containerPort: 8080}
    {{- end }}
    - {name: grpc, containerPort: 8081}
    - {name: status, containerPort: 9902}
  startupProbe:
    httpGet: {path: /ready, port: status}
    periodSeconds: 1
    failureThreshold: 60
  readinessProbe:
    httpGet: {path: /ready, port: status}
    periodSeconds: 2
    timeoutSeconds: 2
    failureThreshold: 2
  livenessProbe:
    httpGet: {path: /ready, port: status}
    periodSeconds: 10
    timeoutSeconds: 5
    failureThreshold: 6
  lifecycle:
    preStop:
      # Until nginx has finished what it asks Envoy for.
      sleep: {seconds: {{ add $preStop (include "hamlet.cacheLeaves" .root | int) }}}
  volumeMounts:
    {{- include "hamlet.mounts" . | nindent 4 }}
{{- if .root.Values.edge.cache.enabled }}
- name: cache
  command: [python, -m, services.cli.cache]
  {{- include "hamlet.container" (set (omit . "resources") "resources" .root.Values.edge.cache.resources) | nindent 2 }}
  ports:
    - {name: http, containerPort: 8080}
    - {name: cache-metrics, containerPort: 9465}
  # A document that Envoy keeps itself: nginx, the socket and Envoy, and none of the services.
  startupProbe:
    httpGet: {path: /openapi.json, port: http}
    periodSeconds: 1
    failureThreshold: 60
  readinessProbe:
    httpGet: {path: /openapi.json, port: http}
    periodSeconds: 2
    timeoutSeconds: 2
    failureThreshold: 2
  livenessProbe:
    tcpSocket: {port: cache-metrics}
    periodSeconds: 10
    timeoutSeconds: 5
    failureThreshold: 6
  lifecycle:
    preStop:
      sleep: {seconds: {{ $preStop }}}
  volumeMounts:
    - {name: home, mountPath: /var/lib/hamlet}
    - {name: tmp, mountPath: /tmp}
    - {name: kept, mountPath: /var/cache/hamlet}
{{- end }}
{{- end -}}

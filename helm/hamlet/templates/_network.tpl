{{/* Who may reach whom, by the contracts' own matrix; everything else is denied by network-default.yaml. */}}

{{- define "hamlet.networkPolicy" }}
{{- if .root.Values.networkPolicy.enabled }}
{{- $policy := include "hamlet.policy" .root | fromYaml -}}
{{- $mine := get $policy.services .name }}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  {{- include "hamlet.metadata" . | nindent 2 }}
spec:
  podSelector:
    matchLabels:
      {{- include "hamlet.selector" . | nindent 6 }}
  policyTypes: [Ingress, Egress]
  ingress:
    {{- if eq .name "edge" }}
    - ports: [{port: http}, {port: grpc}]
      {{- with .root.Values.networkPolicy.edgeFrom }}
      from:
        {{- toYaml . | nindent 8 }}
      {{- end }}
    {{- else }}
    - ports: [{port: grpc}{{ if eq .root.Values.meshMode "linkerd" }}, {port: 4143}{{ end }}]
      from:
        {{- range $mine.callers }}
        - podSelector:
            matchLabels:
              {{- include "hamlet.selector" (dict "root" $.root "name" .) | nindent 14 }}
        {{- end }}
    {{- end }}
    {{- include "hamlet.network.metrics" . | nindent 4 }}
  egress:
    {{- include "hamlet.network.names" . | nindent 4 }}
    {{- include "hamlet.network.services" . | nindent 4 }}
    {{- include "hamlet.network.spans" . | nindent 4 }}
    {{- include "hamlet.network.sidecar" . | nindent 4 }}
    {{- include "hamlet.network.database" . | nindent 4 }}
{{- end }}
{{- end -}}

{{- define "hamlet.network.metrics" -}}
- ports:
    {{- if eq .name "edge" }}
    - {port: status}
    {{- if .root.Values.edge.cache.enabled }}
    - {port: cache-metrics}
    {{- end }}
    {{- else }}
    - {port: metrics}
    {{- end }}
  from:
    {{- toYaml (.root.Values.networkPolicy.metricsFrom | default (list (dict "namespaceSelector" dict))) | nindent 4 }}
{{- end -}}

{{- define "hamlet.network.names" -}}
- ports: [{port: 53, protocol: UDP}, {port: 53, protocol: TCP}]
{{- end -}}

{{/* The services whose contracts admit this workload. */}}
{{- define "hamlet.network.services" -}}
{{- range $name, $service := (include "hamlet.policy" .root | fromYaml).services }}
{{- if has $.name $service.callers }}
- ports: [{port: 50051}{{ if eq $.root.Values.meshMode "linkerd" }}, {port: 4143}{{ end }}]
  to:
    - podSelector:
        matchLabels:
          {{- include "hamlet.selector" (dict "root" $.root "name" $name) | nindent 10 }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "hamlet.network.spans" -}}
{{- $values := .root.Values -}}
{{- $here := ternary "collector" "jaeger" $values.telemetry.collector.enabled -}}
{{- if or $values.telemetry.collector.enabled (and $values.jaeger.enabled (not $values.telemetry.endpoint)) -}}
- ports: [{port: 4317}]
  to:
    - podSelector:
        matchLabels:
          {{- include "hamlet.selector" (dict "root" .root "name" $here) | nindent 10 }}
{{- else if $values.telemetry.endpoint -}}
{{- include "hamlet.network.telemetryOutside" . }}
{{- end -}}
{{- end -}}

{{- define "hamlet.network.telemetryOutside" -}}
- ports:
    {{- range .root.Values.networkPolicy.telemetryPorts }}
    - {port: {{ . }}}
    {{- end }}
  {{- with .root.Values.networkPolicy.telemetryTo }}
  to:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}

{{- define "hamlet.network.sidecar" -}}
{{- if eq .root.Values.meshMode "linkerd" -}}
- ports: [{port: 8080}, {port: 8086}, {port: 8090}]
  to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: linkerd}}}]
{{- else if eq .root.Values.meshMode "istio" -}}
- ports: [{port: 15012}]
  to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: istio-system}}}]
{{- end -}}
{{- end -}}

{{- define "hamlet.network.database" -}}
{{- if and (hasKey (index .root.Values .name | default dict) "database") (not (include "hamlet.sqlite" .)) -}}
{{- include "hamlet.network.toDatabase" .root }}
{{- end -}}
{{- end -}}

{{- define "hamlet.network.toDatabase" -}}
- ports: [{port: {{ .Values.networkPolicy.databasePort }}}]
  {{- with .Values.networkPolicy.databaseTo }}
  to:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}

{{/* Istio's rules of one service: mTLS alone, the contracts' matrix, and no retries but our own, which know what may be
     repeated. (dict "root" $ "name" "blog") */}}

{{- define "hamlet.istio.policy" }}
{{- $root := .root }}
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata:
  {{- include "hamlet.metadata" . | nindent 2 }}
spec:
  selector:
    matchLabels:
      {{- include "hamlet.selector" . | nindent 6 }}
  mtls: {mode: STRICT}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata:
  {{- include "hamlet.metadata" . | nindent 2 }}
spec:
  selector:
    matchLabels:
      {{- include "hamlet.selector" . | nindent 6 }}
  action: ALLOW
  rules:
    {{- range include "hamlet.mesh.rules" . | fromYamlArray }}
    - from:
        - source:
            principals:
              {{- range .callers }}
              - {{ printf "%s/ns/%s/sa/%s" $root.Values.sidecarTrustDomain $root.Release.Namespace (include "hamlet.name" (dict "root" $root "name" .)) }}
              {{- end }}
      to:
        - operation:
            ports: ["50051"]
            paths:
              {{- toYaml .paths | nindent 14 }}
    {{- end }}
{{- if not (and .values.canary.enabled (not (kindIs "invalid" .values.canary.weight))) }}
---
# Istio repeats calls twice by itself; see docs/adr/0002-retries-are-ours.md.
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  {{- include "hamlet.metadata" . | nindent 2 }}
spec:
  hosts: [{{ include "hamlet.name" . }}]
  http:
    - retries: {attempts: 0}
      route: [{destination: {host: {{ include "hamlet.name" . }}}}]
{{- else }}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  {{- include "hamlet.metadata" . | nindent 2 }}
spec:
  hosts: [{{ include "hamlet.name" . }}]
  http:
    - retries: {attempts: 0}
      route:
        - destination: {host: {{ include "hamlet.name" . }}-stable}
          weight: {{ sub 100 (.values.canary.weight | int) }}
        - destination: {host: {{ include "hamlet.name" . }}-canary}
          weight: {{ .values.canary.weight }}
{{- end }}
{{- end -}}

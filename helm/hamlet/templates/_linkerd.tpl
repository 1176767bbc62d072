{{/* Linkerd's rules of one service: a Server at its port, and for each set of callers the paths that they may call, eight a
     rule, which is what a route takes. It repeats nothing unless it is told to, and is not. (dict "root" $ "name" "blog") */}}

{{- define "hamlet.linkerd.policy" }}
{{- $root := .root -}}
{{- $name := include "hamlet.name" . -}}
{{- $metadata := dict "labels" (include "hamlet.labels" . | fromYaml) "namespace" $root.Release.Namespace }}
---
apiVersion: policy.linkerd.io/v1beta3
kind: Server
metadata:
  {{- include "hamlet.metadata" . | nindent 2 }}
spec:
  podSelector:
    matchLabels:
      {{- include "hamlet.selector" . | nindent 6 }}
  port: grpc
  proxyProtocol: gRPC
{{- range $place, $rule := include "hamlet.mesh.rules" . | fromYamlArray }}
{{- $rest := printf "%s-%d" $name $place }}
---
apiVersion: policy.linkerd.io/v1beta3
kind: HTTPRoute
metadata:
  {{- set (deepCopy $metadata) "name" $rest | toYaml | nindent 2 }}
spec:
  parentRefs: [{group: policy.linkerd.io, kind: Server, name: {{ $name }}}]
  rules:
    {{- range chunk 8 $rule.paths }}
    - matches:
        {{- range . }}
        - {method: POST, path: {type: Exact, value: {{ . }}}}
        {{- end }}
    {{- end }}
---
apiVersion: policy.linkerd.io/v1alpha1
kind: MeshTLSAuthentication
metadata:
  {{- set (deepCopy $metadata) "name" $rest | toYaml | nindent 2 }}
spec:
  identityRefs:
    {{- range $rule.callers }}
    - {kind: ServiceAccount, name: {{ include "hamlet.name" (dict "root" $root "name" .) }}}
    {{- end }}
---
apiVersion: policy.linkerd.io/v1alpha1
kind: AuthorizationPolicy
metadata:
  {{- set (deepCopy $metadata) "name" $rest | toYaml | nindent 2 }}
spec:
  targetRef: {group: policy.linkerd.io, kind: HTTPRoute, name: {{ $rest }}}
  requiredAuthenticationRefs:
    - {group: policy.linkerd.io, kind: MeshTLSAuthentication, name: {{ $rest }}}
{{- end }}
{{- if and .values.canary.enabled (not (kindIs "invalid" .values.canary.weight)) }}
---
apiVersion: gateway.networking.k8s.io/v1
kind: GRPCRoute
metadata:
  {{- include "hamlet.metadata" . | nindent 2 }}
spec:
  parentRefs: [{group: "", kind: Service, name: {{ $name }}, port: 50051}]
  rules:
    - backendRefs:
        - {name: {{ $name }}-stable, port: 50051, weight: {{ sub 100 (.values.canary.weight | int) }}}
        - {name: {{ $name }}-canary, port: 50051, weight: {{ .values.canary.weight }}}
{{- end }}
{{- end -}}

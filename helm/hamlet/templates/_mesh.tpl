{{/* What a sidecar mesh is told at a pod. Probes, and metrics, which are plaintext and say nothing of people, go past the
     sidecar; an old sidecar would keep a Job from ending, so native ones are asked for. */}}

{{- define "hamlet.mesh.podLabels" -}}
{{- if eq .Values.meshMode "istio" -}}
sidecar.istio.io/inject: "true"
{{- end -}}
{{- end -}}

{{- define "hamlet.mesh.podAnnotations" -}}
{{- if eq .Values.meshMode "linkerd" -}}
linkerd.io/inject: enabled
config.linkerd.io/skip-inbound-ports: {{ include "hamlet.mesh.past" . }}
config.linkerd.io/default-inbound-policy: deny
config.beta.linkerd.io/proxy-enable-native-sidecar: "true"
{{- else if eq .Values.meshMode "istio" -}}
traffic.sidecar.istio.io/excludeInboundPorts: {{ include "hamlet.mesh.past" . }}
sidecar.istio.io/nativeSidecar: "true"
{{- end -}}
{{- end -}}

{{- define "hamlet.mesh.past" -}}
"8080,8081,9464,9465,9902,50052"
{{- end -}}

{{/* (dict "root" $ "name" "account") -> the rules of a service as YAML: each with `callers`, workloads, and `paths`. An
     RPC for every workload of the contracts (*) is one for those of this release. */}}
{{- define "hamlet.mesh.rules" -}}
{{- $policy := include "hamlet.policy" .root | fromYaml -}}
{{- $groups := dict -}}
{{- range $path, $workloads := (get $policy.services .name).rpcs -}}
{{- $callers := ternary $policy.workloads $workloads (has "*" $workloads) -}}
{{- $key := join "," $callers -}}
{{- $_ := set $groups $key (append (get $groups $key | default list) $path) -}}
{{- end -}}
{{- $everybody := join "," $policy.workloads -}}
{{- $_ := set $groups $everybody (concat (get $groups $everybody | default list) (list "/grpc.health.v1.Health/Check" "/grpc.health.v1.Health/Watch")) -}}
{{- range $callers, $paths := $groups }}
- callers: {{ splitList "," $callers | toJson }}
  paths: {{ toJson $paths }}
{{- end }}
{{- end -}}

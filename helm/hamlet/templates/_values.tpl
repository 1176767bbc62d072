{{/* What the values mean: a component's settings with the defaults under them, and the contracts' policy. */}}

{{/* (dict "root" $ "name" "blog") -> the component's values as YAML; maps are merged one level deep. */}}
{{- define "hamlet.values" -}}
{{- $merged := deepCopy .root.Values.defaults -}}
{{- range $key, $value := index .root.Values .name -}}
{{- if and (kindIs "map" $value) (kindIs "map" (get $merged $key)) -}}
{{- range $inner, $given := $value -}}
{{- $_ := set (get $merged $key) $inner $given -}}
{{- end -}}
{{- else -}}
{{- $_ := set $merged $key $value -}}
{{- end -}}
{{- end -}}
{{- toYaml $merged -}}
{{- end -}}

{{/* What the GPU's replicas are scaled by. Not with `merge`, which takes a 0 for something that was not said. */}}
{{- define "hamlet.gpuAutoscaling" -}}
{{- $scaling := deepCopy .Values.defaults.autoscaling -}}
{{- range $key, $given := .Values.spam.gpu.autoscaling -}}
{{- $_ := set $scaling $key $given -}}
{{- end -}}
{{- toYaml $scaling -}}
{{- end -}}

{{- define "hamlet.policy" -}}
{{- .Files.Get "files/policy.yaml" -}}
{{- end -}}

{{/* "true" where the component keeps its data in SQLite on a volume. */}}
{{- define "hamlet.sqlite" -}}
{{- $values := index .root.Values .name -}}
{{- if hasKey $values "database" -}}
{{- if not $values.database.urlSecret.name -}}true{{- end -}}
{{- end -}}
{{- end -}}

{{/* "true" in the modes in which a sidecar does TLS. */}}
{{- define "hamlet.sidecar" -}}
{{- if ne .Values.meshMode "direct" -}}true{{- end -}}
{{- end -}}

{{/* (dict "root" $ "image" "services" "tag" "") -> a reference of one of our images or of others'. */}}
{{- define "hamlet.image" -}}
{{- $image := index .root.Values.images .image -}}
{{- $tag := .tag | default $image.tag | default .root.Values.images.tag | default .root.Chart.AppVersion -}}
{{- $registry := ternary "" .root.Values.images.registry (hasKey $image "tag") -}}
{{- with $registry }}{{ trimSuffix "/" . }}/{{ end -}}
{{- $image.repository -}}
{{- if and $image.digest (not .tag) }}@{{ $image.digest }}{{ else }}:{{ $tag }}{{ end -}}
{{- end -}}

{{/* Where a component may write, and where its certificate is. (dict "root" $ "name" "blog") */}}

{{- define "hamlet.volumes" -}}
- name: home
  {{- if include "hamlet.sqlite" . }}
  persistentVolumeClaim: {claimName: {{ include "hamlet.name" . }}}
  {{- else }}
  emptyDir: {sizeLimit: 1Gi}
  {{- end }}
- name: tmp
  emptyDir: {sizeLimit: 256Mi}
{{- include "hamlet.certificateVolume" . }}
{{- end -}}

{{- define "hamlet.mounts" -}}
- {name: home, mountPath: /var/lib/hamlet}
- {name: tmp, mountPath: /tmp}
{{- include "hamlet.certificateMount" . }}
{{- end -}}

{{- define "hamlet.certificateVolume" -}}
{{- if not (include "hamlet.sidecar" .root) }}
- name: certificate
  secret: {secretName: {{ include "hamlet.certificateSecret" . }}, defaultMode: 0440}
{{- end }}
{{- end -}}

{{/* A Secret is replaced as a whole by renaming, and the services notice; one mounted by subPath would never change. */}}
{{- define "hamlet.certificateMount" -}}
{{- if not (include "hamlet.sidecar" .root) }}
- {name: certificate, mountPath: /etc/hamlet/certs/{{ .name }}, readOnly: true}
{{- end }}
{{- end -}}

{{- define "hamlet.certificateSecret" -}}
{{ include "hamlet.name" . }}-tls
{{- end -}}

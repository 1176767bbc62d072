{{/* Certificates by cert-manager. */}}

{{- define "hamlet.issuerName" -}}
{{ .Values.certificates.certManager.issuerRef.name | default (include "hamlet.name" (dict "root" . "name" "authority")) }}
{{- end -}}

{{/* An authority of the release's own, where the operator names none. */}}
{{- define "hamlet.issuer" }}
{{- if not .Values.certificates.certManager.issuerRef.name }}
{{- $authority := dict "root" . "name" "authority" }}
{{- $root := dict "root" . "name" "authority-root" }}
---
apiVersion: cert-manager.io/v1
kind: Issuer
metadata:
  {{- include "hamlet.metadata" $root | nindent 2 }}
spec:
  selfSigned: {}
---
apiVersion: cert-manager.io/v1
kind: Certificate
metadata:
  {{- include "hamlet.metadata" $authority | nindent 2 }}
spec:
  isCA: true
  commonName: {{ include "hamlet.name" $authority }}
  secretName: {{ include "hamlet.name" $authority }}
  duration: 87600h
  privateKey: {algorithm: ECDSA, size: 256}
  issuerRef: {name: {{ include "hamlet.name" $root }}, kind: Issuer, group: cert-manager.io}
---
apiVersion: cert-manager.io/v1
kind: Issuer
metadata:
  {{- include "hamlet.metadata" $authority | nindent 2 }}
spec:
  ca: {secretName: {{ include "hamlet.name" $authority }}}
{{- end }}
{{- end -}}

{{/* The names that mesh/identity/authority.py writes too. (dict "root" $ "name" "blog") */}}
{{- define "hamlet.certificate" }}
{{- $values := .root.Values.certificates.certManager }}
---
apiVersion: cert-manager.io/v1
kind: Certificate
metadata:
  {{- include "hamlet.metadata" . | nindent 2 }}
spec:
  secretName: {{ include "hamlet.certificateSecret" . }}
  duration: {{ $values.duration }}
  renewBefore: {{ $values.renewBefore }}
  privateKey: {algorithm: ECDSA, size: 256, rotationPolicy: Always}
  usages: [digital signature, server auth, client auth]
  uris: [spiffe://{{ .root.Values.trustDomain }}/{{ .name }}]
  dnsNames: [{{ .name }}.{{ .root.Values.trustDomain }}]
  issuerRef: {name: {{ include "hamlet.issuerName" .root }}, kind: {{ $values.issuerRef.kind }}, group: {{ $values.issuerRef.group }}}
{{- end -}}

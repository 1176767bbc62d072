{{/* Others' programs that the chart runs beside the services: one container, one pod at a time or several.
     (dict "root" $ "name" "jaeger" "image" key "replicas" 1 "args" list "resources" map "ports" map "health" path-port
           "config" configmap-content-or-empty) */}}

{{- define "hamlet.standing" }}
---
apiVersion: v1
kind: Service
metadata:
  {{- include "hamlet.metadata" . | nindent 2 }}
spec:
  selector:
    {{- include "hamlet.selector" . | nindent 4 }}
  ports:
    {{- range $port, $number := .ports }}
    - {name: {{ $port }}, port: {{ $number }}, targetPort: {{ $port }}}
    {{- end }}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  {{- include "hamlet.metadata" . | nindent 2 }}
spec:
  replicas: {{ .replicas }}
  revisionHistoryLimit: 5
  strategy:
    rollingUpdate: {maxUnavailable: 0, maxSurge: 1}
  selector:
    matchLabels:
      {{- include "hamlet.selector" . | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "hamlet.labels" . | nindent 8 }}
        {{- if eq .root.Values.meshMode "istio" }}
        sidecar.istio.io/inject: "false"
        {{- end }}
      annotations:
        checksum/config: {{ .config | sha256sum }}
        {{- if eq .root.Values.meshMode "linkerd" }}
        linkerd.io/inject: disabled
        {{- end }}
    spec:
      automountServiceAccountToken: false
      enableServiceLinks: false
      securityContext:
        {{- include "hamlet.podSecurity" . | nindent 8 }}
      {{- with include "hamlet.pullSecrets" .root }}
      {{- . | nindent 6 }}
      {{- end }}
      containers:
        - name: {{ .name }}
          image: {{ include "hamlet.image" (merge (dict "tag" "") .) }}
          imagePullPolicy: {{ .root.Values.images.pullPolicy }}
          args: {{ toJson .args }}
          {{- with .envFromSecrets }}
          envFrom:
            {{- range . }}
            - secretRef: {name: {{ . }}}
            {{- end }}
          {{- end }}
          ports:
            {{- range $port, $number := .ports }}
            - {name: {{ $port }}, containerPort: {{ $number }}}
            {{- end }}
            - {name: health, containerPort: 13133}
          readinessProbe:
            httpGet: {path: {{ .health }}, port: health}
            periodSeconds: 5
          livenessProbe:
            httpGet: {path: {{ .health }}, port: health}
            periodSeconds: 10
            failureThreshold: 6
          resources:
            {{- toYaml .resources | nindent 12 }}
          securityContext:
            {{- include "hamlet.containerSecurity" . | nindent 12 }}
          volumeMounts:
            - {name: config, mountPath: /etc/hamlet, readOnly: true}
            - {name: tmp, mountPath: /tmp}
      volumes:
        - name: config
          configMap: {name: {{ include "hamlet.name" . }}}
        - {name: tmp, emptyDir: {sizeLimit: 64Mi}}
---
apiVersion: v1
kind: ConfigMap
metadata:
  {{- include "hamlet.metadata" . | nindent 2 }}
data:
  config.yaml: |
    {{- .config | nindent 4 }}
{{- if .root.Values.networkPolicy.enabled }}
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
    - ports: {{ range $port, $_ := .ports }}
        - {port: {{ $port }}}
        {{- end }}
      from: [{podSelector: {matchLabels: {app.kubernetes.io/name: hamlet, app.kubernetes.io/instance: {{ .root.Release.Name }}}}}]
  egress:
    {{- include "hamlet.network.names" . | nindent 4 }}
    {{- .egress | nindent 4 }}
{{- end }}
{{- end -}}

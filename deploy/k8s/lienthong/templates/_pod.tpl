{{/* What every pod has: no token, no user of the host, nothing from other Services' names in its environment. Takes a list: root, labels. */}}
{{- define "lienthong.pod" -}}
{{- $root := index . 0 -}}
automountServiceAccountToken: false
{{- with $root.Values.serviceAccountName }}
serviceAccountName: {{ . }}
{{- end }}
# Kubernetes would set <NAME>_PORT for every Service; ours are settings of that very form.
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: {type: RuntimeDefault}
{{- with $root.Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- with $root.Values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $root.Values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* What every container has. */}}
{{- define "lienthong.locked" -}}
securityContext:
  runAsNonRoot: true
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
{{- end }}

{{/* Copies of one process lie on different nodes and zones as far as possible. Takes its labels. */}}
{{- define "lienthong.spread" -}}
topologySpreadConstraints:
  {{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
  - maxSkew: 1
    topologyKey: {{ . }}
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels: {{- $ | nindent 8 }}
  {{- end }}
{{- end }}

{{/* Health of one of our processes. Takes the name of its port. */}}
{{- define "lienthong.probes" -}}
startupProbe:
  httpGet: {path: /health/live, port: {{ . }}}
  periodSeconds: 2
  failureThreshold: 60
livenessProbe:
  httpGet: {path: /health/live, port: {{ . }}}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 3
readinessProbe:
  httpGet: {path: /health/ready, port: {{ . }}}
  periodSeconds: 5
  timeoutSeconds: 3
  failureThreshold: 2
{{- end }}

{{/* Time for the gateway to see in DNS that a pod is leaving (5 s there, 5 s in the cluster's cache), then for its requests to end. */}}
{{- define "lienthong.leave" -}}
lifecycle:
  preStop:
    sleep: {seconds: 15}
{{- end }}

{{/* Settings of a service. Takes a list: root, name, service. */}}
{{- define "lienthong.env" -}}
{{- $root := index . 0 -}}
{{- $name := index . 1 -}}
{{- $service := index . 2 -}}
{{- $values := $root.Values -}}
- {name: LIENTHONG_PROFILE, value: production}
- name: LIENTHONG_DATABASE_URL
  valueFrom:
    secretKeyRef: {name: {{ $service.database.existingSecret }}, key: {{ $service.database.key }}}
- {name: LIENTHONG_BUS_URL, value: {{ printf "kafka://%s" $values.kafka.bootstrap | quote }}}
- {name: LIENTHONG_ISSUER, value: {{ $values.keycloak.issuer | quote }}}
- {name: LIENTHONG_JWKS_URL, value: {{ include "lienthong.jwks-url" $root | quote }}}
- {name: LIENTHONG_GATEWAY_URL, value: {{ $values.publicUrl | quote }}}
- {name: LIENTHONG_HOST, value: {{ $values.listenHost | quote }}}
- {name: LIENTHONG_LOG_LEVEL, value: {{ $values.logLevel }}}
- {name: LIENTHONG_TRACE_SHARE, value: {{ $values.tracing.share | quote }}}
{{- with $values.tracing.otlpUrl }}
- {name: LIENTHONG_OTLP_URL, value: {{ . | quote }}}
{{- end }}
{{- range $key, $value := $service.env }}
- {name: {{ $key }}, value: {{ tpl $value $root | required (printf "services.%s.env.%s is not set" $name $key) | quote }}}
{{- end }}
{{- range $key, $source := $service.secretEnv }}
- name: {{ $key }}
  valueFrom:
    secretKeyRef: {name: {{ $source.secret }}, key: {{ $source.key }}}
{{- end }}
{{- end }}

{{/* How a service's API and worker sign in at Kafka. Takes a list: root, name. */}}
{{- define "lienthong.kafka" -}}
{{- $name := index . 1 -}}
{{- with (index . 0).Values.kafka -}}
- {name: LIENTHONG_KAFKA_SECURITY, value: {{ .security }}}
{{- if hasPrefix "SASL" .security }}
{{- $secret := .sasl.existingSecret | replace "{service}" $name }}
- {name: LIENTHONG_KAFKA_MECHANISM, value: {{ .sasl.mechanism }}}
- name: LIENTHONG_KAFKA_USERNAME
  valueFrom:
    secretKeyRef: {name: {{ $secret }}, key: {{ .sasl.usernameKey | quote }}}
- name: LIENTHONG_KAFKA_PASSWORD
  valueFrom:
    secretKeyRef: {name: {{ $secret }}, key: {{ .sasl.passwordKey | quote }}}
{{- end }}
{{- if .caSecret }}
- {name: LIENTHONG_KAFKA_CA_FILE, value: /etc/lienthong/kafka/ca.crt}
{{- end }}
{{- end }}
{{- end }}

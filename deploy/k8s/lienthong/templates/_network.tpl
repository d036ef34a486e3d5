{{/* A rule for a place outside the chart. Takes {to, ports}. */}}
{{- define "lienthong.egress" -}}
- to: {{- toYaml .to | nindent 4 }}
  ports:
    {{- range .ports }}
    - {protocol: TCP, port: {{ . }}}
    {{- end }}
{{- end }}

{{/* A rule for the APIs of all services of this release. */}}
{{- define "lienthong.apis" -}}
- to:
    - podSelector:
        matchLabels: {{- include "lienthong.selector" . | nindent 10 }}
          lienthong.vn/process: api
  ports:
    - {protocol: TCP, port: {{ .Values.ports.api }}}
{{- end }}

{{/* The document that renderer and pages read (gateway/settings.py). */}}
{{- define "lienthong.gateway-settings" -}}
{{- $services := dict }}
{{- range $name, $service := .Values.services }}
{{- if $service.enabled }}
{{- $_ := set $services $name (list (printf "%s:%d" (include "lienthong.host" (list $ $name)) (int $.Values.ports.api))) }}
{{- end }}
{{- end }}
{{- $pages := printf "%s:%d" (include "lienthong.host" (list . "gateway-pages")) (int .Values.ports.pages) }}
{{- $settings := dict
  "listen" (dict "host" .Values.listenHost "port" (int .Values.ports.gateway))
  "admin" (dict "host" "127.0.0.1" "port" 9901)
  "public_url" .Values.publicUrl
  "issuer" .Values.keycloak.issuer
  "jwks_url" (include "lienthong.jwks-url" .)
  "services" $services
  "pages" (list $pages)
  "cors_origins" .Values.gateway.corsOrigins
  "trusted_hops" (int .Values.gateway.trustedHops)
  "tls" (hasPrefix "https://" .Values.publicUrl)
  "access_log" "/dev/stdout"
  "limits" .Values.gateway.limits }}
{{- toJson $settings }}
{{- end }}

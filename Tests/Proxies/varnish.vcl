# varnish: /etc/varnish/default.vcl, with
#   varnishd -p pipe_timeout=3600 (60 s by default; a link may be silent for longer)
vcl 4.1;

backend default {
    .host = "127.0.0.1";
    .port = "3000";
}

sub vcl_recv {
    # The path is taken away; for serve --base /kept it is left in place.
    if (req.url == "/sb") {
        return (synth(301, "/sb/"));
    }
    if (req.url ~ "^/sb/") {
        set req.url = regsub(req.url, "^/sb/", "/");
    }
    # A WebSocket is passed through as it is.
    if (req.http.Upgrade ~ "(?i)websocket") {
        return (pipe);
    }
}

sub vcl_pipe {
    if (req.http.Upgrade) {
        set bereq.http.Upgrade = req.http.Upgrade;
        set bereq.http.Connection = "upgrade";
    }
}

sub vcl_synth {
    if (resp.status == 301) {
        set resp.http.Location = resp.reason;
        return (deliver);
    }
}

/* What the http plugin says about itself.  SPDX-License-Identifier: MIT */
#include "http.h"

#define REQUEST_PARAMS                                                                                              \
  { "url", GALLEY_STRING, GALLEY_REQUIRED | GALLEY_GOAL, NULL, NULL, "https?://[^/?#@\\s]+([/?#][!-~]*)?",             \
    "http://wandb.example:8080/healthz", "what to ask for; no user or password in it" },                              \
  { "method", GALLEY_STRING, GALLEY_GOAL, "get", "get|query", NULL, "query",                                          \
    "query: POST the body, which by your word only asks for something" },                                             \
  { "body", GALLEY_STRING, GALLEY_TAKES_SECRET, NULL, NULL, NULL, "{\"query\": \"{ viewer { id } }\"}",  \
    "what a query sends; JSON, unless the headers say otherwise" },                                                   \
  { "headers", GALLEY_MAP, GALLEY_TAKES_SECRET, NULL, NULL, NULL, "{\"Accept\": \"application/json\"}",               \
    "names and values of headers" },                                                                                  \
  { "user", GALLEY_STRING, GALLEY_TAKES_SECRET, NULL, NULL, NULL, "api", "name for basic authentication" },           \
  { "password", GALLEY_STRING, GALLEY_SECRET | GALLEY_TAKES_SECRET, NULL, NULL, NULL, "hunter2",                      \
    "password for basic authentication" },                                                                            \
  { "status", GALLEY_LIST, GALLEY_GOAL, "[200]", NULL, "[1-5][0-9][0-9]", "[200, 204]",                               \
    "statuses that are wanted; none named: any" },                                                                    \
  { "match", GALLEY_STRING, GALLEY_GOAL, NULL, NULL, NULL, "\"ok\": *true",                                           \
    "an extended regular expression (regex(7)) that is found in a line of the answer" },                              \
  { "json_path", GALLEY_STRING, GALLEY_GOAL, NULL, NULL, NULL, "$.data.viewer.id",                                    \
    "a JSONPath at which the answer has something: not null, not empty" },                                            \
  { "equals", GALLEY_STRING, GALLEY_GOAL, NULL, NULL, NULL, "ready", "what the value at `json_path` is" },            \
  { "redirects", GALLEY_INT, 0, "0", "0|1|2|3", NULL, "1", "how many redirects to follow, on the same server" },      \
  { "ca_file", GALLEY_PATH, 0, NULL, NULL, NULL, "ca.pem", "certificates to trust, and no others" },                  \
  { "connect_timeout", GALLEY_DURATION, 0, "10s", NULL, NULL, "2s", "time for the connection of a request" },         \
  { "timeout", GALLEY_DURATION, 0, "60s", NULL, NULL, "5s", "time for a request" },                                   \
  { "max_bytes", GALLEY_INT, 0, "524288", NULL, "[0-9]{1,8}", "1048576", "the largest answer" }

static const struct galley_param get_params[] = {
  REQUEST_PARAMS,
  { NULL, 0, 0, NULL, NULL, NULL, NULL, NULL }
};

static const struct galley_param wait_params[] = {
  REQUEST_PARAMS,
  { "interval", GALLEY_DURATION, 0, "5s", NULL, NULL, "2s", "time between two requests; at least 100ms" },
  { NULL, 0, 0, NULL, NULL, NULL, NULL, NULL }
};

static const struct galley_param outputs[] = {
  { "status", GALLEY_INT, 0, NULL, NULL, NULL, NULL, "the answer's status" },
  { "body", GALLEY_STRING, 0, NULL, NULL, NULL, NULL, "the answer; empty when it is not text" },
  { "json", GALLEY_MAP, 0, NULL, NULL, NULL, NULL, "the answer when it is JSON; else null" },
  { NULL, 0, 0, NULL, NULL, NULL, NULL, NULL }
};

static const struct galley_action actions[] = {
  { "get", "a web server gives a wanted answer", GALLEY_READS, get_params, outputs, NULL, http_get },
  { "wait", "a web server gives a wanted answer, sooner or later", GALLEY_READS, wait_params, outputs, NULL, http_wait },
  { NULL, NULL, 0, NULL, NULL, NULL, NULL }
};

static const struct galley_read reads[] = {
  { "(get|query) https?://[^ ]+", NULL, NULL },
  { NULL, NULL, NULL }
};

static const struct galley_tool tools[] = {
  { "galley-http", GALLEY_TOOL_OURS, NULL, NULL, NULL,
    "--header --header-file --user-file --body-file --ca-file --expect-status --redirects --connect-timeout --timeout "
    "--low-speed --low-speed-time --max-bytes",
    reads, NULL, 5000 },
  { NULL, 0, NULL, NULL, NULL, NULL, NULL, NULL, 0 }
};

#define SAYS "^galley-http: (?:get|query) \\S+: "
#define GET "galley-http: get http://wandb.example:8080/healthz: "

static const struct galley_signature signatures[] = {
  { "galley-http", SAYS "cannot resolve \"(.*)\"$", GALLEY_TRANSIENT, "the name \"\\1\" has no address, or not yet",
    "is the name right? that of a new load balancer takes some minutes to be known",
    GET "cannot resolve \"wandb.example\"" },
  { "galley-http", SAYS "cannot resolve the name of the proxy", GALLEY_INVALID, "the proxy's name has no address",
    "correct http_proxy or https_proxy, or name the server in no_proxy", GET "cannot resolve the name of the proxy" },
  { "galley-http", SAYS "cannot connect to the proxy for \"(.*)\": (.*)$", GALLEY_TRANSIENT, "the proxy does not answer: \\2",
    "correct http_proxy or https_proxy, or name \"\\1\" in no_proxy",
    GET "cannot connect to the proxy for \"wandb.example\": Connection refused" },
  { "galley-http", SAYS "cannot connect to \"(.*)\" port ([0-9]+): (.*)$", GALLEY_TRANSIENT,
    "nothing answers at \"\\1\" port \\2: \\3", NULL, GET "cannot connect to \"wandb.example\" port 8080: Connection refused" },
  { "galley-http", SAYS "(no connection to .* within .*|no whole answer within .*|less than .* bytes a second for .*)$",
    GALLEY_TRANSIENT, "\\1", NULL, GET "no whole answer within 60 s" },
  { "galley-http", SAYS "TLS with \"([^\"]*)\": (.*certificate.*)$", GALLEY_INVALID, "\"\\1\" is not to be trusted: \\2",
    "name the certificate of who has signed it in `ca_file`",
    "galley-http: get https://wandb.example/: TLS with \"wandb.example\": SSL certificate problem: self-signed certificate" },
  { "galley-http", SAYS "TLS with \"([^\"]*)\": (.*)$", GALLEY_INVALID, "no TLS with \"\\1\": \\2",
    "is it a server for https at all, and not an old one?",
    "galley-http: get https://wandb.example/: TLS with \"wandb.example\": error:0A00010B:SSL routines::wrong version number" },
  { "galley-http", SAYS "broken answer: (.*)$", GALLEY_TRANSIENT, "the answer is broken: \\1", NULL,
    GET "broken answer: Empty reply from server" },
  { "galley-http", SAYS "(the (?:body|headers) ha(?:s|ve) more than [0-9]+ bytes)", GALLEY_INVALID, "\\1",
    "ask for less, or give it a larger `max_bytes`", GET "the body has more than 524288 bytes" },
  { "galley-http", SAYS "((?:a query was )?redirected .*)$", GALLEY_INVALID, "\\1", "name where it leads to as `url`",
    GET "redirected to https://wandb.example/healthz" },
  { "galley-http", SAYS "status 3[0-9]{2}, want", GALLEY_INVALID, "it is redirected",
    "give it `redirects`, or name where it leads to as `url`", GET "status 302, want 200" },
  { "galley-http", SAYS "status 401, want", GALLEY_AUTH, "it does not know who is asking", "are `user` and `password`, or the token in `headers`, right?",
    GET "status 401, want 200" },
  { "galley-http", SAYS "status 403, want", GALLEY_DENIED, "who is asking may not have this", NULL, GET "status 403, want 200" },
  { "galley-http", SAYS "status (404|410), want", GALLEY_NOT_FOUND, "there is no such page", "is the path in `url` right?",
    GET "status 404, want 200" },
  { "galley-http", SAYS "status 409, want", GALLEY_CONFLICT, "it is in the way of something else", NULL, GET "status 409, want 200" },
  { "galley-http", SAYS "status 429, want", GALLEY_THROTTLED, "it is asked too often", NULL, GET "status 429, want 200" },
  { "galley-http", SAYS "status (408|425|500|502|503|504), want", GALLEY_TRANSIENT, "the server cannot answer now (status \\1)", NULL,
    GET "status 503, want 200" },
  { "galley-http", SAYS "status ([0-9]+), want (.*)$", GALLEY_INVALID, "status \\1 is not what is wanted (\\2)", NULL,
    GET "status 418, want 200 or 204" },
  { NULL, NULL, 0, NULL, NULL, NULL }
};

static const struct galley_plugin plugin = {
  GALLEY_PLUGIN_ABI,
  .name = "http",
  .version = "1.0.0",
  .summary = "What web servers answer",
  .tools = tools,
  .actions = actions,
  .signatures = signatures
};

GALLEY_PLUGIN_REGISTER (plugin)

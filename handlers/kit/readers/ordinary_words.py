"""Words that sentences are made of: they never stand for a shortened command."""

from __future__ import annotations

import re

# Folded. Articles, pronouns, prepositions and the like, in both languages.
ORDINARY = frozenset(
    re.findall(
        r"\w+",
        """
        a aber after again all alle alles als also am an and are as at auch auf aus be because
        before bei beim bin bis bist bitte but by can da dann das dass dein dem den der des did die
        dies diese dieser dir do does dort du durch ein eine einem einen einer er es etwas euch
        everything for from fuer gegen gerade get hab habe haben has hat hatte have he her here
        heute hier hinter his how i ich ihr im in ins into is ist it its ja jede jemand jetzt just
        kann kein keine kommt lange leider let like man manche me mehr mein mich mir mit muss my
        nach near neben nein next nicht nichts nie niemand no nobody noch none not now nur ob oder
        of off ohne on one only or our over per please pro schon sehr seine seit she sich sie since
        sind so some someone sonst still such that the their them then there these they this those
        to today um und under unser unter until us very viel vom von vor wann war warum was we
        wegen weil wenn what when where which while why wie wieder wir wird with without wo wurde
        waehrend you your zu zum zur zwischen ueber
        """,
    )
)

# What goes on as a sentence: prepositions, articles and finite verbs, folded. Behind a
# command's word one of them says that the word only begins somebody's sentence.
CONTINUING = frozenset(
    re.findall(
        r"\w+",
        """
        am an ans auf aufs aus bei beim bis durch fuer gegen hinter im in ins mit nach neben ohne
        seit ueber um unter vom von vor waehrend wegen zu zum zur zwischen
        about above after at before behind below between by for from in inside into of off on onto
        out over since through to under until up with within without
        der die das den dem des ein eine einem einen einer the a an
        ist sind war waren wird werden wurde wurden hat haben hatte hatten kann koennen konnte muss
        muessen geht gehen ging kommt kommen kam laeuft laufen lief steht stehen fehlt fehlen
        klemmt haengt spinnt funktioniert funktionieren macht machen zeigt zeigen sagt meldet
        bleibt will wollen soll sollen darf
        is are was were be been has have had does do did can could will would should may might
        must doesnt dont isnt arent cannot cant fails fail failed goes shows says keeps stays
        """,
    )
)

# Those of them with which a note of friction begins although they are written small. Not where
# something rubs, of what, nor a verb: "friction at belt 4" may be an outage.
NOTING = frozenset(
    re.findall(
        r"\w+",
        """
        die das den dem ein eine einem einen einer the a
        bis durch fuer gegen mit nach ohne seit um waehrend wegen zu zum zur
        about after before by for from into out over since through to until up with without
        """,
    )
)

"""Decides: plain functions that return what is to be said. This is the table of contents."""

from __future__ import annotations

from handlers.attention import commands as attention_commands
from handlers.automations import changes as automation_changes
from handlers.automations import commands as automation_commands
from handlers.automations import correcting as automation_correcting
from handlers.automations import digest as automation_digest
from handlers.automations import doors as automation_doors
from handlers.automations import entering as automation_entering
from handlers.automations import escalation as automation_escalation
from handlers.automations import figures as automation_figures
from handlers.automations import found as automations_found
from handlers.automations import people as automation_people
from handlers.automations import timetable as automation_timetable
from handlers.automations.intake import address as automation_address
from handlers.automations.intake import heartbeat
from handlers.automations.learning import checks as automation_checks
from handlers.automations.learning import histories as automation_histories
from handlers.automations.learning import relief as automation_relief
from handlers.automations.learning import signals as automation_signals
from handlers.automations.learning import understanding as automation_understanding
from handlers.automations.measures import measuring as automation_measuring
from handlers.bans import commands as ban_commands
from handlers.bans import settings as ban_settings
from handlers.board import commands as board_commands
from handlers.board import digest as board_digest
from handlers.board import picture
from handlers.closing import commands as closing_commands
from handlers.closing import digest as closing_digest
from handlers.closing import other_endings, reassignment, reminders
from handlers.conversation import kept as conversation_kept
from handlers.digest import choices as digest_choices
from handlers.digest import commands as digest_commands
from handlers.digest import computed as digest_computed
from handlers.digest import mails, team_digests, useful
from handlers.digest import measures as digest_measures
from handlers.feedback import commands as feedback_commands
from handlers.find import commands as find_commands
from handlers.find import lists as find_lists
from handlers.friction import answering as friction_answering
from handlers.friction import answers as friction_answers
from handlers.friction import commands as friction_commands
from handlers.friction import digest as friction_digest
from handlers.friction import filing as friction_filing
from handlers.friction import found as friction_found
from handlers.friction import next_relief
from handlers.friction import patterns as friction_patterns
from handlers.friction import removing as friction_removing
from handlers.help import commands as help_commands
from handlers.help import home
from handlers.incidents import acknowledge, handing_on
from handlers.incidents import channels as incident_channels
from handlers.incidents import commands as incident_commands
from handlers.incidents import digest as incident_digest
from handlers.incidents import lists as incident_lists
from handlers.incidents import updates as incident_updates
from handlers.incidents.alarms import escalate, pauses, posting
from handlers.kit.commands import Feature
from handlers.mandate import actions as mandate_actions
from handlers.mandate import bottleneck as mandate_bottleneck
from handlers.mandate import commands as mandate_commands
from handlers.mandate import digest as mandate_digest
from handlers.mandate import drafting as mandate_drafting
from handlers.mandate import expiry as mandate_expiry
from handlers.mandate import guardrails as mandate_guardrails
from handlers.mandate import links as mandate_links
from handlers.mandate import measures as mandate_measures
from handlers.mandate import reading as mandate_reading
from handlers.mandate import stop_list
from handlers.mandate.starter import commands as starter_commands
from handlers.mandate.starter import template
from handlers.on_call import leaving as stand_ins_leaving
from handlers.on_call import stand_ins
from handlers.operations import commands as operations_commands
from handlers.operations import invariants
from handlers.ownership import commands as ownership_commands
from handlers.ownership import digest as ownership_digest
from handlers.ownership import leaving, standing_in
from handlers.people import language as people_language
from handlers.pilots import commands as pilot_commands
from handlers.pilots import digest as pilot_digest
from handlers.pilots import found as pilots_found
from handlers.pilots import people as pilot_people
from handlers.pilots.weeks import connecting as pilot_connecting
from handlers.pilots.weeks import correcting as pilot_correcting
from handlers.pilots.weeks import decisions as pilot_decisions
from handlers.pilots.weeks import milestones as pilot_milestones
from handlers.pilots.weeks import past as pilot_past
from handlers.pilots.weeks import running as pilot_running
from handlers.privacy import commands as privacy_commands
from handlers.privacy import correcting as data_correcting
from handlers.privacy import linking, notice, restricting, retention, retention_report
from handlers.problems import changes as problem_changes
from handlers.problems import commands as problem_commands
from handlers.problems import digest as problem_digest
from handlers.problems import fixes as problem_fixes
from handlers.problems import found as problems_found
from handlers.problems import lifecycle
from handlers.problems import lists as problem_lists
from handlers.repeats import commands as repeat_commands
from handlers.repeats import folding
from handlers.rules import commands as rule_commands
from handlers.rules import history as rule_history
from handlers.services import commands as service_commands
from handlers.services import entering as service_entering
from handlers.services import found as services_found
from handlers.services import history as service_history
from handlers.services import lists as service_lists
from handlers.settings import commands as setting_commands
from handlers.settings import definitions, managers, platform_notices
from handlers.working_time import commands as working_time_commands
from handlers.working_time.after_hours import commands as after_hours_commands
from handlers.working_time.after_hours import digest as after_hours_digest

FEATURES: tuple[Feature, ...] = (
    incident_commands.feature,
    acknowledge.feature,
    incident_updates.feature,
    closing_commands.feature,
    other_endings.feature,
    reassignment.feature,
    reminders.feature,
    closing_digest.feature,
    incident_lists.feature,
    find_commands.feature,
    services_found.feature,
    problems_found.feature,
    friction_found.feature,
    pilots_found.feature,
    automations_found.feature,
    incident_digest.feature,
    escalate.feature,
    posting.feature,
    pauses.feature,
    incident_channels.feature,
    handing_on.feature,
    service_commands.feature,
    service_entering.feature,
    service_lists.feature,
    service_history.feature,
    rule_commands.feature,
    rule_history.feature,
    ownership_commands.feature,
    leaving.feature,
    standing_in.feature,
    ownership_digest.feature,
    stand_ins.feature,
    stand_ins_leaving.feature,
    repeat_commands.feature,
    folding.feature,
    ban_commands.feature,
    problem_commands.feature,
    problem_lists.feature,
    problem_fixes.feature,
    lifecycle.feature,
    problem_changes.feature,
    problem_digest.feature,
    mandate_commands.feature,
    mandate_guardrails.feature,
    mandate_drafting.feature,
    mandate_expiry.feature,
    mandate_reading.feature,
    mandate_actions.feature,
    stop_list.feature,
    mandate_links.feature,
    mandate_bottleneck.feature,
    mandate_measures.feature,
    mandate_digest.feature,
    friction_commands.feature,
    friction_answering.feature,
    friction_filing.feature,
    friction_patterns.feature,
    friction_removing.feature,
    friction_answers.feature,
    next_relief.feature,
    friction_digest.feature,
    pilot_commands.feature,
    pilot_people.feature,
    pilot_running.feature,
    pilot_correcting.feature,
    pilot_past.feature,
    pilot_connecting.feature,
    pilot_decisions.feature,
    feedback_commands.feature,
    pilot_milestones.feature,
    pilot_digest.feature,
    automation_commands.feature,
    automation_entering.feature,
    automation_people.feature,
    automation_changes.feature,
    automation_correcting.feature,
    automation_address.feature,
    heartbeat.feature,
    automation_escalation.feature,
    automation_timetable.feature,
    automation_relief.feature,
    automation_signals.feature,
    automation_understanding.feature,
    automation_checks.feature,
    automation_doors.feature,
    automation_digest.feature,
    find_lists.feature,
    board_commands.feature,
    picture.feature,
    board_digest.feature,
    digest_commands.feature,
    digest_choices.feature,
    digest_measures.feature,
    team_digests.feature,
    mails.feature,
    useful.feature,
    digest_computed.feature,
    starter_commands.feature,
    template.feature,
    after_hours_commands.feature,
    after_hours_digest.feature,
    working_time_commands.feature,
    people_language.feature,
    setting_commands.feature,
    managers.feature,
    definitions.feature,
    ban_settings.feature,
    home.feature,
    platform_notices.feature,
    attention_commands.feature,
    privacy_commands.feature,
    data_correcting.feature,
    restricting.feature,
    notice.feature,
    linking.feature,
    retention.feature,
    operations_commands.feature,
    invariants.feature,
    retention_report.feature,
    help_commands.feature,
    conversation_kept.feature,
    automation_figures.feature,
    automation_measuring.feature,
    automation_histories.feature,
)

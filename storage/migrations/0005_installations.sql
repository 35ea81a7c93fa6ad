-- Slack workspaces that installed the app by themselves. Tokens are sealed (bot/encryption.py).
-- While the lease lasts, one process renews the token, which works only once.
create table slack_installations (
    team text primary key,
    workspace text not null references workspaces (id),
    bot_user text not null,
    scopes text not null,
    token text not null,
    refresh_token text,
    expires_at utc_text,
    lease_until utc_text,
    parked_because text,
    installed_at utc_text not null
);
create unique index slack_installations_of on slack_installations (workspace);

-- A browser that was sent to Slack to install: used once, for ten minutes, only by that browser.
create table slack_states (
    state_hash text primary key,
    browser_hash text not null,
    created_at utc_text not null
);

-- The time zone that the platform's profile tells; null is the workspace's.
alter table people add column zone text;

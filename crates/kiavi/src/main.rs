//! The `kiavi` binary: one module per verb. It wires the parts together and decides nothing.

mod analytics;
mod analytics_text;
mod api_key;
mod audit;
mod audit_catalogue;
mod audit_export;
mod audit_folder;
mod audit_lines;
mod audit_list;
mod audit_proof;
mod audit_stream;
mod audit_verify;
mod backup;
mod certificate_authority;
mod certificate_dns;
mod certificate_verb;
mod client;
mod client_events;
mod config;
mod console;
mod data;
mod dev;
mod doctor;
mod doctor_host;
mod doctor_network;
mod doctor_server;
mod generate;
mod geo;
mod instance;
mod instance_view;
mod key;
mod limit;
mod log;
mod mail;
mod mail_check;
mod mail_list;
mod member;
mod next_step;
mod place;
mod postgres_url;
mod profile;
mod profile_store;
mod prove;
mod provider;
mod role;
mod serve;
mod settings;
mod settings_input;
mod settings_reference;
mod tenant;
mod tenant_create;
mod tenant_database;
mod tenant_domain;
mod tenant_export;
mod tenant_export_readme;
mod tenant_import;
mod tenant_import_users;
mod tenant_life;
mod tenant_orphans;
mod tenant_progress;
mod tenant_psql;
mod tenant_table;
mod tenant_wait;
mod tls;
mod user;
mod user_list;
mod vault;
mod vault_keys;
mod webhook;
mod webhook_catalogue;
mod webhook_log;
mod workspace;

use std::io::Write;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

/// Passwordless authentication for every tenant in its own process and database.
#[derive(Parser)]
#[command(name = "kiavi", version, about, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Run a whole instance for development on this machine
    Dev(dev::DevArgs),
    /// Run a production instance
    Serve(serve::ServeArgs),
    /// Create, look at, suspend, rename, delete, import and export tenants of a running instance
    Tenant(tenant::TenantArgs),
    /// Look at and change the settings of a tenant
    Settings(settings::SettingsArgs),
    /// Set up a provider that people may sign in with
    Provider(provider::ProviderArgs),
    /// Look at the certificates of a tenant's names, and have them made anew
    Certificate(certificate_verb::CertificateArgs),
    /// Set up and try out the mail server of a tenant
    Mail(mail::MailArgs),
    /// Look after the users of a tenant
    User(user::UserArgs),
    /// See what the limits of a tenant refused and whom they lock out, and let somebody in again
    Limit(limit::LimitArgs),
    /// Manage the keys that open the management API
    ApiKey(api_key::ApiKeyArgs),
    /// Create and list workspaces, the accounts of customers
    Workspace(workspace::WorkspaceArgs),
    /// Manage the people of a workspace: invite them, change their roles
    Member(member::MemberArgs),
    /// Manage profiles of instances elsewhere, for all commands that act on an instance
    Profile(profile::ProfileArgs),
    /// Set up the console
    Console(console::ConsoleArgs),
    /// Verify API keys of a tenant
    Key(key::KeyArgs),
    /// Tell servers of a tenant's own what happens
    Webhook(webhook::WebhookArgs),
    /// See who is there, how people sign in, and why some cannot
    Analytics(analytics::AnalyticsArgs),
    /// Back tenants up, and find out whether their backups are good
    Backup(backup::BackupArgs),
    /// Make a tenant of an archive
    Restore(backup::RestoreArgs),
    /// Read audit logs, take them out of an instance, and verify them
    Audit(audit::AuditArgs),
    /// Try out whether a tenant is isolated, and get a signed report
    Prove(prove::ProveArgs),
    /// Open psql in a tenant's database, as its owner
    Psql(tenant_psql::PsqlArgs),
    /// Look at where secrets are kept, and change the key that seals them
    Vault(vault::VaultArgs),
    /// Look at a whole instance: all tenants, processes, jobs, health
    Instance(instance_view::InstanceArgs),
    /// Report what this machine offers and what is missing
    Doctor(doctor::DoctorArgs),
    /// Make the files of a package: manual pages, completions, reference pages
    #[command(hide = true)]
    Generate(generate::GenerateArgs),
}

fn main() -> ExitCode {
    let arguments = || std::env::args_os().skip(1);
    if arguments().next().is_some_and(|verb| kiavi_localpg::is_role(&verb)) {
        let error = kiavi_localpg::serve_role(arguments());
        let _ = writeln!(std::io::stderr(), "kiavi: cannot become PostgreSQL: {error}");
        return ExitCode::FAILURE;
    }
    if arguments().next().is_some_and(|verb| role::is_role(&verb)) {
        return role::run(arguments());
    }
    run_verb()
}

/// Its frame would be large in `main`, and every process of an instance would have touched it.
#[inline(never)]
fn run_verb() -> ExitCode {
    match Cli::parse().verb {
        Verb::Dev(args) => dev::run(args),
        Verb::Serve(args) => serve::run(args),
        Verb::Generate(args) => generate::run(args, Cli::command()),
        Verb::Tenant(args) => tenant::run(args),
        Verb::Settings(args) => settings::run(args),
        Verb::Provider(args) => provider::run(args),
        Verb::Certificate(args) => certificate_verb::run(args),
        Verb::Mail(args) => mail::run(args),
        Verb::User(args) => user::run(args),
        Verb::Limit(args) => limit::run(args),
        Verb::ApiKey(args) => api_key::run(args),
        Verb::Workspace(args) => workspace::run(args),
        Verb::Member(args) => member::run(args),
        Verb::Profile(args) => profile::run(args),
        Verb::Console(args) => console::run(args),
        Verb::Key(args) => key::run(args),
        Verb::Webhook(args) => webhook::run(args),
        Verb::Analytics(args) => analytics::run(args),
        Verb::Backup(args) => backup::run(args),
        Verb::Restore(args) => backup::restore(args),
        Verb::Audit(args) => audit::run(args),
        Verb::Prove(args) => prove::run(args),
        Verb::Psql(args) => tenant_psql::run(args),
        Verb::Vault(args) => vault::run(args),
        Verb::Instance(args) => instance_view::run(args),
        Verb::Doctor(args) => doctor::run(args),
    }
}

//! A tenant's first minutes, management keys and webhooks.

use crate::{
    AttemptRow, BackupDeed, BackupEnd, BackupOrder, BackupRow, BackupStep, Backups, CopyOfBackup,
    DeliveryRow, DeliveryState, EndpointRow, EndpointState, EngineRow, EngineState, FirstUser, Frame,
    HealthCheck, HealthFact, HealthRow, HealthVerdict, InstanceHealth, InstanceJobs, InstanceProcesses,
    InstanceSearch, InstanceTenantRow, InstanceTenants, JobRow, JobState, JobStepLine, JobTarget, KeyRow,
    KeyStanding, Keys, LiveSession, LiveSessions, MakingStep, MemberRole, Methods, Missing, NewKey,
    NewTenant, NewWebhook, NotLooked, Notice, Page, Place, ProcessRow, Progress, ProviderPage, ProviderRow,
    Room, SecretOf, SecretOnce, ServiceRow, StepLine, StepState, TenantOverview, TenantPlace, TenantState,
    Trial, TrialLine, TrialOutcome, TrialStep, Ways, Webhook, WebhookDelivery, Webhooks,
};

use super::Samples;

impl Samples {
    fn console_frame(&self, path: &str) -> Frame {
        Frame::ours(self.locale, path.to_owned())
    }

    pub(super) fn new_tenant(&self, notice: Option<Notice>) -> NewTenant {
        NewTenant {
            frame: self.console_frame("/w/acme/tenants/new"),
            top: self.top(Place::Tenants),
            name: notice.map_or_else(String::new, |_| self.words.name.clone()),
            address: "http://name.localhost:8080".into(),
            notice,
        }
    }

    /// A tenant's overview before it has people.
    pub(super) fn onboarding(&self, add: &mut impl FnMut(&str, String), overview: &TenantOverview) {
        use StepState::{Current, Done, Failed, Waiting};
        let steps = |states: [StepState; 6]| {
            let all = [
                MakingStep::Secret,
                MakingStep::Role,
                MakingStep::Database,
                MakingStep::Schema,
                MakingStep::Certificate,
                MakingStep::Running,
            ];
            all.into_iter().zip(states).map(|(step, state)| StepLine { step, state }).collect()
        };
        let making = |state, progress| TenantOverview {
            tenant: self.tenant_top(TenantPlace::Overview, state),
            progress: Some(progress),
            live: Some("/w/acme/t/shop/progress".into()),
            figures: None,
            events: None,
            ..overview.clone()
        };
        let progress =
            Progress { steps: steps([Done, Done, Current, Waiting, Waiting, Waiting]), failure: None };
        add("tenant-making", making(TenantState::Creating, progress).html());
        let failure = Some(self.words.name.clone());
        let progress = Progress { steps: steps([Done, Failed, Waiting, Waiting, Waiting, Waiting]), failure };
        add("tenant-failed", making(TenantState::Failed, progress).html());
        let figures = overview.figures.clone().map(|figures| crate::FigureSet { users: 0, ..figures });
        let live = Some("/w/acme/t/shop/events/live".to_owned());
        let new = TenantOverview { figures, events: Some(vec![]), live, ..overview.clone() };
        add("tenant-nobody", new.html());
        let figures = overview.figures.clone().map(|figures| crate::FigureSet { users: 1, ..figures });
        for (name, is_you) in [("tenant-first", true), ("tenant-first-other", false)] {
            let event = "/w/acme/t/shop/events/0197".to_owned();
            let first = Some(FirstUser { email: self.words.email.clone(), is_you, event });
            add(name, TenantOverview { first, figures: figures.clone(), ..overview.clone() }.html());
        }
    }

    pub(super) fn keys(&self, notice: Option<Notice>) -> Keys {
        let key = |standing, scopes: &[&'static str]| KeyRow {
            id: "0a1b2c3d4e5f6g7h".into(),
            name: self.words.name.clone(),
            shape: "kiavi_mk_…x7Qd".into(),
            scopes: scopes.to_vec(),
            standing,
            maker: self.words.email.clone(),
            created: self.before(60 * 24 * 20),
            expires: None,
            used: None,
            previous: None,
            is_rotatable: true,
        };
        let some = ["tenant.read", "tenant.create", "settings.read"];
        let many =
            ["tenant.read", "tenant.create", "settings.read", "settings.write", "user.read", "audit.read"];
        Keys {
            frame: self.console_frame("/w/acme/keys"),
            top: self.top(Place::Keys),
            keys: vec![
                KeyRow {
                    used: Some(jiff::civil::Date::constant(2026, 6, 14)),
                    previous: Some(self.now),
                    ..key(KeyStanding::Active, &some)
                },
                KeyRow { is_rotatable: false, expires: Some(self.now), ..key(KeyStanding::Active, &many) },
                key(KeyStanding::Active, &["*"]),
                key(KeyStanding::Expired, &some[..1]),
                key(KeyStanding::Revoked, &some[..1]),
            ],
            older: Some("/w/acme/keys?after=0a1b".into()),
            may_change: true,
            notice,
            now: self.now,
        }
    }

    fn provider(&self, id: &str, has_secret: bool) -> ProviderRow {
        ProviderRow {
            id: id.into(),
            name: if id == "google" { String::new() } else { self.words.name.clone() },
            client_id: self.words.app.clone(),
            has_secret,
            discovery_url: "https://id.example.com/.well-known/openid-configuration".into(),
        }
    }

    pub(super) fn methods(&self, notice: Option<Notice>) -> Methods {
        Methods {
            frame: self.console_frame("/w/acme/t/shop/sign-in"),
            top: self.top(Place::Tenants),
            tenant: self.tenant_top(TenantPlace::SignIn, TenantState::Running),
            ways: Ways { is_sign_up_open: true, is_passkey_required: true, has_links: true },
            providers: vec![self.provider("google", true), self.provider("work", false)],
            fault: None,
            may_change: true,
            notice,
        }
    }

    fn endpoint(&self, id: &str, state: EndpointState) -> EndpointRow {
        EndpointRow {
            id: id.into(),
            url: format!("https://crm.example.com/hooks?for={}", self.words.name),
            events: vec!["session.*".into(), "user.created".into()],
            description: self.words.name.clone(),
            is_enabled: state != EndpointState::Paused,
            state,
            pending: if state == EndpointState::Failing { 12 } else { 0 },
            failing_since: (state == EndpointState::Failing).then(|| self.before(95)),
            reason: (state == EndpointState::Disabled).then(|| "gone".to_owned()),
        }
    }

    pub(super) fn webhooks(&self, notice: Option<Notice>) -> Webhooks {
        Webhooks {
            frame: self.console_frame("/w/acme/t/shop/webhooks"),
            top: self.top(Place::Tenants),
            tenant: self.tenant_top(TenantPlace::Webhooks, TenantState::Running),
            endpoints: vec![
                self.endpoint("crm", EndpointState::Active),
                self.endpoint("mail", EndpointState::Failing),
                self.endpoint("old", EndpointState::Paused),
                self.endpoint("gone", EndpointState::Disabled),
                self.endpoint("new", EndpointState::Unknown),
            ],
            may_change: true,
            notice,
            now: self.now,
        }
    }

    /// What else a workspace and its tenants have.
    pub(super) fn console_pages(&self, add: &mut impl FnMut(&str, String)) {
        add("new-tenant", self.new_tenant(None).html());
        self.key_pages(add);
        self.instance_pages(add);
        self.mail_pages(add);
        self.backup_pages(add);
        self.isolation_pages(add);
        self.session_pages(add);
        self.security_pages(add);
        self.method_pages(add);
        self.webhook_pages(add);
    }

    /// The instance, for the owners of the platform.
    fn instance_pages(&self, add: &mut impl FnMut(&str, String)) {
        let (frame, top) = (|path| self.console_frame(path), || self.top(Place::Instance));
        let tenant = |state, path: Option<&str>| InstanceTenantRow {
            slug: self.words.name.clone(),
            path: path.map(str::to_owned),
            workspace: self.words.app.clone(),
            url: "https://shop.example.com".into(),
            hostnames: vec!["login.example.com".into()],
            state,
            created: self.before(60 * 24 * 3),
            bytes: path.map(|_| 12_345_678),
            schema: 18,
            backed_up: path.map(|_| self.before(90)),
        };
        let search = InstanceSearch { text: self.words.name.clone(), ..InstanceSearch::default() };
        let tenants = InstanceTenants {
            frame: frame("/instance"),
            top: top(),
            search: search.clone(),
            tenants: TenantState::ALL
                .map(|state| tenant(state, (state == TenantState::Running).then_some("/w/a/t/b")))
                .to_vec(),
            next: Some("/instance?after=shop".into()),
            now: self.now,
        };
        add("instance-tenants", tenants.html());
        add(
            "instance-tenants-none",
            InstanceTenants { tenants: vec![], next: None, ..tenants.clone() }.html(),
        );
        let nothing = InstanceTenants { tenants: vec![], search: InstanceSearch::default(), ..tenants };
        add("instance-tenants-empty", nothing.html());
        self.instance_processes(add, &search);
        let step = |name, state| JobStepLine { name, state, attempts: 2 };
        let job = |target, state, failure: Option<&str>| JobRow {
            slug: self.words.name.clone(),
            workspace: self.words.app.clone(),
            target,
            state,
            failure: failure.map(str::to_owned),
            retry: failure.map(|_| self.now),
            steps: vec![
                step("secret", StepState::Done),
                step("role", StepState::Failed),
                step("database", StepState::Current),
                step("schema", StepState::Waiting),
            ],
        };
        let states = JobTarget::ALL.into_iter().zip(JobState::ALL.into_iter().cycle());
        let jobs = InstanceJobs {
            frame: frame("/instance/jobs"),
            top: top(),
            search: InstanceSearch::default(),
            jobs: states
                .map(|(target, state)| {
                    job(target, state, (state == JobState::Failed).then_some("role_failed"))
                })
                .collect(),
            next: None,
        };
        add("instance-jobs", jobs.html());
        add("instance-jobs-empty", InstanceJobs { jobs: vec![], ..jobs }.html());
        let findings = self.findings();
        add(
            "instance-health",
            InstanceHealth { frame: frame("/instance/health"), top: top(), findings }.html(),
        );
    }

    /// Everything that is looked at, with what may be found of it.
    fn findings(&self) -> Vec<HealthRow> {
        let verdicts =
            [HealthVerdict::Ok, HealthVerdict::Warning, HealthVerdict::Fault, HealthVerdict::Unchecked];
        let checks = HealthCheck::ALL.into_iter().zip(verdicts.into_iter().cycle());
        let names = || vec![self.words.name.clone()];
        let facts = [
            HealthFact::DatabaseAnswers,
            HealthFact::AuditorBehind { seconds: 75, logs: 1 },
            HealthFact::LogsContradict(names()),
            HealthFact::Unchecked(NotLooked::Launcher),
            HealthFact::VaultFault(self.words.name.clone()),
            HealthFact::JobsFailed { failed: 2, all: 3 },
            HealthFact::BackupsLate(Missing { is_instance: true, tenants: names() }),
            HealthFact::CertificatesTroubled { ending: names(), without: names() },
            HealthFact::Lost(names()),
            HealthFact::Disk { tenths: 12, percent: 7, room: Room::Low },
            HealthFact::ClockFree,
            HealthFact::IsolatedWithoutGroups,
        ];
        let rows = checks.zip(facts.into_iter().cycle());
        rows.map(|((check, verdict), fact)| HealthRow { check, verdict, fact }).collect()
    }

    fn instance_processes(&self, add: &mut impl FnMut(&str, String), search: &InstanceSearch) {
        let process = |is_confined| ProcessRow {
            pid: 4711,
            started: Some(self.before(60 * 5)),
            bytes: Some(421_888),
            is_confined,
        };
        let service = |role: &str, process| ServiceRow { role: role.into(), process, failures: 0 };
        let engine = |state: EngineState| EngineRow {
            slug: self.words.name.clone(),
            workspace: self.words.app.clone(),
            state,
            process: (state == EngineState::Running).then(|| process(Some(true))),
            failures: 2,
            starts_again: (state == EngineState::Paused).then_some(self.now),
        };
        let processes = InstanceProcesses {
            frame: self.console_frame("/instance/processes"),
            top: self.top(Place::Instance),
            is_fully_isolated: true,
            services: vec![
                service("launcher", Some(process(Some(false)))),
                service("postgres", Some(process(None))),
                service("outbound", None),
            ],
            search: InstanceSearch::default(),
            engines: EngineState::ALL.map(engine).to_vec(),
            next: Some("/instance/processes?after=shop".into()),
            now: self.now,
        };
        add("instance-processes", processes.html());
        let none = InstanceProcesses { engines: vec![], next: None, is_fully_isolated: false, ..processes };
        add("instance-processes-empty", none.html());
        add("instance-processes-none", InstanceProcesses { search: search.clone(), ..none }.html());
    }

    fn key_pages(&self, add: &mut impl FnMut(&str, String)) {
        add("keys", self.keys(None).html());
        add("keys-empty", Keys { keys: vec![], older: None, ..self.keys(None) }.html());
        add("keys-reader", Keys { may_change: false, ..self.keys(None) }.html());
        let form = NewKey {
            frame: self.console_frame("/w/acme/keys/new"),
            top: self.top(Place::Keys),
            name: self.words.name.clone(),
            roles: MemberRole::ALL[1..].to_vec(),
            scopes: vec!["tenant.read", "tenant.create", "settings.read", "settings.write", "user.read"],
            notice: None,
        };
        add("new-key", form.html());
        let name = self.words.name.clone();
        for (page, of) in [("key", SecretOf::Key(name.clone())), ("webhook", SecretOf::Webhook(name))] {
            let once = SecretOnce {
                frame: self.console_frame("/w/acme/keys"),
                top: self.top(Place::Keys),
                of,
                secret: "kiavi_mk_7Jd0sT2kQmW8xYb1Lr5PzVcN3fHgUoEiAa9DtKqRx7Qd".into(),
                next: "/w/acme/keys".into(),
            };
            add(&format!("secret-of-{page}"), once.html());
        }
    }

    fn backup_pages(&self, add: &mut impl FnMut(&str, String)) {
        let run = |is_drill, is_success| BackupRow {
            is_drill,
            at: self.before(if is_drill { 60 * 24 * 6 } else { 60 * 9 }),
            is_success,
            rows: is_success.then_some(48_213),
            bytes: (is_success && !is_drill).then_some(3_456_789),
            seconds: is_success.then_some(2),
            signed_in: (is_drill && is_success).then_some(true),
            copy: (is_success && !is_drill).then(|| "/w/acme/t/shop/backups/b1/copy".into()),
        };
        let backups = Backups {
            frame: self.console_frame("/w/acme/t/shop/backups"),
            top: self.top(Place::Tenants),
            tenant: self.tenant_top(TenantPlace::Backups, TenantState::Running),
            last_backup: Some(run(false, true)),
            last_drill: Some(run(true, true)),
            is_scheduled: true,
            runs: vec![run(false, true), run(true, true), run(false, false), run(true, false)],
            order: None,
            live: None,
            may_order: true,
            has_place: true,
            notice: None,
            now: self.now,
        };
        add("backups", backups.html());
        add("backups-bad", Backups { last_drill: Some(run(true, false)), ..backups.clone() }.html());
        let empty = Backups {
            last_backup: None,
            last_drill: None,
            is_scheduled: false,
            runs: vec![],
            ..backups.clone()
        };
        add("backups-empty", Backups { may_order: false, has_place: false, ..empty }.html());
        self.backup_orders(&backups, add);
    }

    fn backup_orders(&self, backups: &Backups, add: &mut impl FnMut(&str, String)) {
        let order = BackupOrder {
            deed: BackupDeed::Copy,
            at: self.before(1),
            is_late: false,
            step: Some(BackupStep::Reading),
            end: None,
            bytes: 1_234_567,
            copy: Some(("/w/acme/t/shop-before".into(), "shop-before".into())),
        };
        let shown = |order: BackupOrder| Backups { order: Some(order), ..backups.clone() }.html();
        add("backups-copying", shown(order.clone()));
        let waiting =
            BackupOrder { step: Some(BackupStep::Waiting), bytes: 0, is_late: true, ..order.clone() };
        add("backups-waiting", shown(BackupOrder { deed: BackupDeed::Backup, copy: None, ..waiting }));
        for end in BackupEnd::ALL {
            add(
                &format!("backups-ended-{end:?}").to_lowercase(),
                shown(BackupOrder { step: None, end: Some(end), ..order.clone() }),
            );
        }
        for (name, notice) in [("backups-copy", None), ("backups-copy-name", Some(Notice::TenantNameTaken))] {
            let copy = CopyOfBackup {
                frame: self.console_frame("/w/acme/t/shop/backups/b1/copy"),
                top: self.top(Place::Tenants),
                tenant: self.tenant_top(TenantPlace::Backups, TenantState::Running),
                action: "/w/acme/t/shop/backups/b1/copy".into(),
                at: self.before(60 * 9),
                name: notice.map(|_| "shop-before".to_owned()).unwrap_or_default(),
                with_ended: false,
                with_api_keys: notice.is_some(),
                address: "https://name.example.com".into(),
                notice,
                now: self.now,
            };
            add(name, copy.html());
        }
    }

    fn session_pages(&self, add: &mut impl FnMut(&str, String)) {
        let session = |(i, session): (usize, crate::SessionRow)| LiveSession {
            user: "u1".into(),
            name: if i == 0 { self.words.name.clone() } else { String::new() },
            email: self.words.email.clone(),
            is_acting: i == 1,
            session,
        };
        let sessions = LiveSessions {
            frame: self.console_frame("/w/acme/t/shop/sessions"),
            top: self.top(Place::Tenants),
            tenant: self.tenant_top(TenantPlace::Sessions, TenantState::Running),
            email: String::new(),
            ip: String::new(),
            fault: None,
            sessions: self.account(None).sessions.into_iter().enumerate().map(session).collect(),
            older: Some("?before=1.a".into()),
            may_end: true,
            notice: None,
            now: self.now,
        };
        add("sessions", sessions.html());
        add("sessions-reader", LiveSessions { may_end: false, ..sessions.clone() }.html());
        let none = LiveSessions { sessions: vec![], older: None, ..sessions };
        add("sessions-empty", none.html());
        let (ip, fault) = (self.words.name.clone(), Some(self.words.name.clone()));
        add("sessions-none", LiveSessions { ip, fault, ..none }.html());
    }

    fn method_pages(&self, add: &mut impl FnMut(&str, String)) {
        add("methods", self.methods(None).html());
        let closed = Methods { ways: Ways::default(), providers: vec![], ..self.methods(None) };
        add("methods-reader", Methods { may_change: false, ..closed.clone() }.html());
        add("methods-fault", Methods { fault: Some(self.words.name.clone()), ..closed }.html());
        let page = ProviderPage {
            frame: self.console_frame("/w/acme/t/shop/sign-in/work"),
            top: self.top(Place::Tenants),
            tenant: self.tenant_top(TenantPlace::SignIn, TenantState::Running),
            provider: self.provider("work", true),
            is_new: false,
            trial: None,
            fault: None,
            may_change: true,
            notice: None,
        };
        add("provider", page.html());
        let line = |step, outcome| TrialLine { step, outcome, detail: self.words.name.clone() };
        let trial = vec![
            line(TrialStep::Discovery, TrialOutcome::Passed),
            line(TrialStep::Keys, TrialOutcome::Unclear),
            line(TrialStep::Client, TrialOutcome::Failed),
        ];
        add("provider-tried", ProviderPage { trial: Some(trial), ..page.clone() }.html());
        add("provider-reader", ProviderPage { may_change: false, ..page.clone() }.html());
        let fault = Some(self.words.name.clone());
        let provider = self.provider("", false);
        add("provider-new", ProviderPage { provider, is_new: true, fault, ..page }.html());
    }

    fn webhook_pages(&self, add: &mut impl FnMut(&str, String)) {
        add("webhooks", self.webhooks(None).html());
        add("webhooks-empty", Webhooks { endpoints: vec![], ..self.webhooks(None) }.html());
        add("webhooks-reader", Webhooks { may_change: false, ..self.webhooks(None) }.html());
        let top = || self.top(Place::Tenants);
        let tenant = || self.tenant_top(TenantPlace::Webhooks, TenantState::Running);
        let new = NewWebhook {
            frame: self.console_frame("/w/acme/t/shop/webhooks/new"),
            top: top(),
            tenant: tenant(),
            typed: self.endpoint("crm", EndpointState::Unknown),
            fault: None,
            notice: None,
        };
        add("new-webhook", new.html());
        add("new-webhook-fault", NewWebhook { fault: Some(self.words.name.clone()), ..new }.html());
        let delivery = |state| DeliveryRow {
            id: "4711".into(),
            kind: "session.created".into(),
            event: "01970000-0000-7000-8000-000000000001".into(),
            state,
            attempts: 2,
            created: self.before(12),
        };
        let page = Webhook {
            frame: self.console_frame("/w/acme/t/shop/webhooks/mail"),
            top: top(),
            tenant: tenant(),
            endpoint: self.endpoint("mail", EndpointState::Failing),
            fault: None,
            trial: None,
            deliveries: Some(DeliveryState::ALL.map(delivery).to_vec()),
            shown: None,
            older: Some("?before=4711".into()),
            may_change: true,
            notice: None,
            now: self.now,
        };
        add("webhook", page.html());
        let trial = |is_taken| Trial {
            is_taken,
            status: is_taken.then_some(200),
            duration: 34,
            fault: (!is_taken).then(|| "connection_refused".to_owned()),
            answer: Some(self.words.name.clone()),
        };
        add("webhook-taken", Webhook { trial: Some(trial(true)), ..page.clone() }.html());
        add("webhook-not-taken", Webhook { trial: Some(trial(false)), ..page.clone() }.html());
        let shown = Some(DeliveryState::Failed);
        let empty = Webhook { deliveries: Some(vec![]), shown, older: None, ..page.clone() };
        add("webhook-quiet", empty.html());
        add("webhook-fault", Webhook { fault: Some(self.words.name.clone()), ..page.clone() }.html());
        add("webhook-reader", Webhook { may_change: false, deliveries: None, ..page }.html());
        let attempt = |status: Option<i64>| AttemptRow {
            at: self.before(10),
            status,
            duration: 120,
            fault: status.is_none().then(|| "timed_out".to_owned()),
            answer: status.map(|_| self.words.name.clone()),
        };
        let page = WebhookDelivery {
            frame: self.console_frame("/w/acme/t/shop/webhooks/crm/4711"),
            top: top(),
            tenant: tenant(),
            endpoint: "crm".into(),
            row: delivery(DeliveryState::Delivered),
            event: "/w/acme/t/shop/events/0197".into(),
            attempts: vec![attempt(None), attempt(Some(503)), attempt(Some(204))],
            body: format!("{{\n  \"type\": \"{}\"\n}}", self.words.name),
            may_replay: true,
            notice: None,
            now: self.now,
        };
        add("webhook-delivery", page.html());
        let row = delivery(DeliveryState::Pending);
        add(
            "webhook-delivery-new",
            WebhookDelivery { attempts: vec![], may_replay: false, row, ..page }.html(),
        );
    }
}

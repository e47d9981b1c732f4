# Frame
skip-to-content = Skip to content
language = Language
secured-by = Secured by Kiavi
foot-links = Terms and help
foot-terms = Terms
foot-privacy = Privacy
foot-support = Help
acting-label = Acting as somebody else
acting-as = You are acting as { $user } until { $time } UTC, signed in by { $admin }.
acting-stop = Stop
acting-title = Act as { $name }
acting-lede = For { $time } you will be signed in to { $app } as { $user }.
acting-reason = Reason
acting-recorded = What you do is in the log, with your name.
acting-own = You are signed in here as { $user }. That session waits until you stop.
acting-begin = Begin
acting-support = Somebody from { $app } is signed in as you
acting-support-until = Began { $ago }, ends by { $time } UTC
acting-support-end = End it
or = or
action-cancel = Cancel
action-continue = Continue
action-save = Save
action-copy = Copy
action-copied = Copied
action-search = Search
action-show-all = Show all
action-try-again = Try again
label-request-id = Request ID

# Sign in
sign-in-title = Sign in to { $app }
sign-in-lede = Use a passkey, or get a code by email. No password needed.
email-label = Email address
email-placeholder = you@example.com
passkey-sign-in = Sign in with a passkey
returning-button = Continue as { $email }
sign-in-new = New here? Enter your email and we create your account.
provider-continue = Continue with { $provider }
captcha-working = One moment: your browser does a small task that keeps spam away.
captcha-no-script = To get a code here, your browser has to run scripts. Turn them on and load the page again.

# Code
code-title = Check your email
code-lede = We sent a code to { $email }.
code-label = Sign-in code
code-hint = { $count ->
    [one] { $count } digit, valid for { $minutes } min. Enter it in this browser.
   *[other] { $count } digits, valid for { $minutes } min. Enter it in this browser.
  }
code-change-email = Use another email
code-resend = Send a new code
code-resend-in = Send a new code in { $time }
code-spam = Nothing there? Look in the spam folder.
link-lede = You sign in as { $email }.
link-confirm = Sign in
connect-title = You already have an account
connect-lede = There is an account for { $email } here, but { $provider } is not linked to it yet. Show that the account is yours, and we link the two.
connect-code = Send me a code
connect-code-lede = Then we link { $provider } to your account.
connect-other-proof = Choose another way
connect-confirm = Link { $provider }
connect-confirm-lede = You are signed in as { $email }. Once it is linked, you can sign in here with { $provider } too.

# Passkey offer
offer-title = Sign in faster next time
offer-lede = A passkey signs you in with your fingerprint, face or screen lock. Nothing to remember, nothing to type.
offer-point-phishing = It cannot be guessed, reused or stolen by a fake site.
offer-point-device = Your fingerprint or face never leaves your device.
offer-create = Create a passkey
offer-later = Not now
offer-no-script = Your browser does not run scripts here, so a passkey cannot be created. You can go on without one.
offer-nearby-title = Save a passkey on this device too?
offer-nearby-lede = You used a passkey of another device. With one on this device you need no other next time.
offer-required-lede = You sign in here with a passkey. Create yours now to go on.
offer-required-no-script = Your browser does not run scripts here, so a passkey cannot be created. Use another browser to go on.

# Account
account-title = Your account
account-signed-in-as = Signed in as { $email }
account-sign-out = Sign out
profile-title = Profile
profile-name = Name
profile-name-hint = Shown in the apps that you sign in to.
passkeys-title = Passkeys
passkeys-lede = Sign in with your fingerprint, face or screen lock.
passkeys-held = You signed in by email although you have passkeys. Those from before can be removed in { $time }; signing in with one of them ends this.
passkeys-empty = You have no passkey yet. Create one to sign in without a code.
passkeys-add = Add a passkey
passkey-default-name = Passkey
passkey-created = Created { $time }
passkey-used = Last used { $time }
passkey-synced = Synced
passkey-bound = On one device
passkey-rename = Rename
passkey-rename-of = Rename { $name }
passkey-name-label = New name
passkey-remove = Remove
passkey-remove-of = Remove { $name }
passkey-remove-confirm = You can no longer sign in with it.
passkey-remove-last = This is your only passkey. Without it, you sign in with a code by email.
accounts-title = Linked accounts
accounts-lede = Other services that you can sign in with.
accounts-empty = No other service is linked yet.
account-linked = Linked { $time }
account-unlink = Unlink
account-unlink-of = Unlink { $provider }
account-unlink-confirm = You can no longer sign in with it.
account-link = Link { $provider }
sessions-title = Devices
sessions-lede = Where you are signed in now.
session-current = This device
session-seen = Active { $time }
session-since = Signed in { $time }
session-revoke = Sign out
session-revoke-of = Sign out { $device }
sessions-revoke-others = Sign out all other devices
sessions-revoke-others-confirm = { $count ->
    [one] Sign out { $count } other device? This device stays signed in.
   *[other] Sign out { $count } other devices? This device stays signed in.
  }
device-on = { $browser } on { $system }
device-unknown = Unknown device

# Delete account
email-change-open = Change
email-title = Change your email address
email-lede = You sign in with { $email }. We send a code to the new address, to make sure that it is yours.
email-new-label = New email address
email-send = Send a code
email-code-lede = We sent a code to { $email }. Enter it to move your account there.
email-code-label = Code
email-keep = Keep my address
export-title = Your data
export-lede = What is kept about you here, as a file to read or to take elsewhere: your profile, passkeys and linked accounts, your devices, and what the log says of you.
export-button = Download my data
account-delete-title = Delete account
account-delete-lede = Remove your account and everything in it.
account-delete-open = Delete my account…
delete-title = Delete your account?
delete-lede = { $email }: your profile, your passkeys and every sign-in are removed for good. This cannot be undone.
delete-mail-lede = We first send you an email with a link to confirm it.
delete-send = Send the email
delete-confirm = Delete my account
delete-keep = Keep my account
deleted-title = Your account is deleted
deleted-lede = Everything in it was removed. You are signed out everywhere.

# Sign out
sign-out-title = Sign out?
sign-out-lede = You are signed in as { $email }.
sign-out-confirm = Sign out
sign-out-stay = Stay signed in
signed-out-title = You are signed out
signed-out-lede = You can close this window.
signed-out-again = Sign in again

# When something fails
error-title = Something went wrong
error-lede = The fault is ours. Try again; if it stays, tell support the request ID.
refused-title = That did not work
leaving-title = One moment
leaving-lede = You are signed in. We take you back now.
leaving-for-provider = We take you to { $provider } to sign in.
not-found-title = Page not found
not-found-lede = This address leads nowhere. Check it, or start again.
not-found-home = Go to the start page
starting-title = One moment
starting-lede = We are getting ready. This page goes on by itself.
suspended-title = Sign-in is switched off for now
suspended-lede = The people who run this application have paused it. Nothing of yours is lost, and there is nothing for you to do. Please come back later, or ask them.
unknown-host-title = There is no site at this address
unknown-host-lede = Check the address for a typing error. If you followed a link, tell the people who gave it to you.
no-host-title = This request cannot be read
no-host-lede = It does not name exactly one site.

# Console
console-title = Tenants
console-lede = Each tenant has a process, a database and a key of its own.
console-column-name = Name
console-column-address = Address
console-column-state = State
console-column-created = Created
console-empty-title = No tenant yet
console-empty-lede = The sign-in of your first application is a second away.
console-create-title = Create a tenant
console-create-lede = Run this in a terminal. The new tenant appears here by itself.
console-count = { $count ->
    [one] { $count } tenant
   *[other] { $count } tenants
  }
state-creating = Creating
state-running = Running
state-idle = Idle
state-suspended = Suspended
state-quarantined = Stopped for safety
state-deleting = Deleting
state-deleted = Deleted
state-failed = Failed
live-on = Live
live-off = Reconnecting…

# A tenant in the console
page-nav = Pages
page-range = { $first }–{ $last } of { $total }
page-range-more = { $first }–{ $last } of more than { $total }
page-previous = Previous
page-next = Next
tenant-nav = Tenant { $name }
tenant-switch = Switch tenant
tenant-overview = Overview
tenant-created = Created { $time }
tenant-open = Open the sign-in page
tenant-figures-all = All figures, and how they are counted
tenant-connect = Use it from your application
tenant-connect-lede = The official Better Auth client works as it is. This address is all that it has to know.
tenant-recent = Latest events
tenant-recent-all = Show all in the audit log
tenant-away-title = Nothing to read while it is not running
tenant-away-lede = Only the tenant’s own process can read its data. Resume the tenant to see this page.
users-title = Users
users-new = Add a user
users-new-lede = They get no email about it. They sign in with this address, as if they had come by themselves.
users-new-name-hint = Optional. They can change it themselves.
users-search = Search people
users-by = In
users-state = State
users-all = All
users-active = Active
users-suspended = Suspended
users-empty-title = Nobody has signed in yet
users-empty-lede = Whoever signs in for the first time appears here.
users-none-title = Nobody found
users-none-lede = Nobody fits what you searched for.
user-id = User id
user-unverified = Address not confirmed
user-passkeys-empty = No passkey yet.
user-passkey-remove-confirm = They can no longer sign in with it. On their device it stays until it is removed there, too.
user-sessions-empty = Signed in nowhere at the moment.
user-key-off = Switch off
user-key-off-of = Switch off { $name }
user-key-on = Switch on
user-key-on-of = Switch on { $name }
user-key-is-off = Switched off
user-privacy = Privacy
user-copy = A copy of their data
user-copy-lede = What they can download themselves: profile, passkeys, linked accounts, devices, API keys, and what the log says of them. For whoever asks you for it.
user-copy-get = Download
user-activity = Activity
user-measures = Measures
user-role-lede = What your application lets them do. Administrators manage its users.
user-role-hint = Several with commas between.
user-sign-out = Sign out everywhere
user-sign-out-lede = Ends all sessions at once. They can sign in again.
user-suspend = Suspend
user-suspend-of = Suspend { $name }
user-suspend-lede = Ends all sessions and lets them sign in no more.
user-suspend-for = For how long
user-suspend-reason = Reason
user-suspend-reason-hint = Optional. It is in the audit log, too.
user-suspended-always = Until it is lifted
user-suspended-until = Until { $date }, { $time } UTC
user-restore = Lift the suspension
user-restore-lede = They can sign in again at once.
user-act = Act as this user
user-act-lede = Signs you in to the application as them for a short time, to see what they see.
user-act-about = You come to the sign-in pages of { $tenant }, confirm there, and stop when you are done. What only they may do stays closed: passkeys, their address, linked accounts, sessions, a copy of their data, the deletion of their account.
user-act-reason-hint = 3 to 200 characters. It is in the tenant’s log, and the user may read it there.
user-act-for = At most
user-act-go = Continue
user-delete = Delete user
user-delete-of = Delete { $name }
user-delete-lede = Removes the account with everything in it. The log then no longer tells who it was.
user-delete-confirm = This cannot be undone.
users-method = Signs in by
users-method-all = Anything
users-method-passkey = Passkey
users-method-account = Linked account
users-method-code = Codes only
users-created-from = Joined from
users-created-to = Joined until
users-seen-from = Seen from
users-seen-to = Seen until
users-more-filters = More filters
users-passkeys = { $count ->
    [one] 1 passkey
   *[other] { $count } passkeys
  }
users-seen = Seen { $when }
users-came = Joined { $when }
users-select = Select { $name }
users-select-all = Select all on this page
users-selected = With those selected
users-export = Export as CSV
users-export-found = Export all that were found
selection-none-title = Nobody is selected
selection-none-lede = Select people in the list first.
selection-suspend = { $count ->
    [one] Suspend 1 person
   *[other] Suspend { $count } people
  }
selection-restore = { $count ->
    [one] Lift the suspension of 1 person
   *[other] Lift the suspension of { $count } people
  }
selection-sign-out = { $count ->
    [one] Sign out 1 person everywhere
   *[other] Sign out { $count } people everywhere
  }
selection-delete = { $count ->
    [one] Delete 1 person
   *[other] Delete { $count } people
  }
selection-export = { $count ->
    [one] Export 1 person
   *[other] Export { $count } people
  }
selection-export-more = Export more than { $count } people
selection-export-lede = A table with address, name, state, when they joined and were seen last, and how they sign in. The audit log records that you downloaded it.
selection-download = Download
selection-people = Who is meant
selection-gone = { $count ->
    [one] 1 of those selected is not there any more.
   *[other] { $count } of those selected are not there any more.
  }
selection-too-many = At most { $count } people at a time. Those beyond that are left out.
selection-done = { $count ->
    [one] Done for 1 person.
   *[other] Done for { $count } people.
  }
selection-not-done = { $count ->
    [one] Not done for 1 person
   *[other] Not done for { $count } people
  }
selection-why-gone = Not there any more
selection-why-not-suspended = Was not suspended
selection-why-no-sessions = Was signed in nowhere
selection-why-failed = It failed; try again
selection-back = Back to the users
events-title = Audit log
events-lede = Who did what, when, and how it ended. Nobody can change it unnoticed.
events-what = Event
events-actor = By
events-subject = About
events-ip = IP address
events-country = Country
events-network = Network
events-time = Time
events-outcome = Outcome
events-period = Period
events-fault = This cannot be searched for: { $fault }
events-wrong = This cannot be searched for.
events-wrong-type = There is no such event. A group is written session.*
events-wrong-email = This is no email address.
events-wrong-from = This is no day.
events-wrong-to = This is no day, or it is before the first.
events-wrong-ip = This is no IP address.
events-wrong-country = A country has two letters, such as FR.
events-wrong-network = A network has a number, such as AS3215.
events-wrong-device = There is no such word for a device. Choose one from the list.
events-wrong-actor = An email address is expected, or a name as the log has it, such as auditor.
events-wrong-request = This is no id of a request. An event’s page has one.
events-request = Request id
events-days = Days are those of { $zone }.
events-empty = Nothing has happened yet
events-empty-lede = Every sign-in and every change appears here by itself.
events-none-title = Nothing found
events-none-lede = No event fits what you searched for.
events-times = Newest first.
events-newest = Newest
events-older = Older
events-export = Export
events-export-lede = Everything that fits this search, the newest { $most } events at most. The audit log records that you exported it.
events-export-ndjson = Export as NDJSON with proofs
events-export-proof = Each line of the NDJSON has the proof that its event is in the log. This command checks them all, without this server.
events-export-verify = Command that checks the proofs
events-export-whole = The whole log, without that limit, is exported by this command.
events-export-bundle = Command that exports the whole log
views-title = Saved views
views-save = Save this view
views-name = Name
views-hint = Only you see it.
views-left-out = Addresses, IP addresses and names of people are left out.
views-manage = Manage views
views-full = You have { $count } views of this tenant, which is the most. Delete one to save another.
views-name-of = Name of { $name }
views-rename = Rename
views-rename-one = Rename { $name }
views-delete = Delete
views-delete-one = Delete { $name }
outcome-any = Any
outcome-success = Done
outcome-failure = Refused
period-hour = Last hour
period-day = Last 24 hours
period-week = Last 7 days
period-month = Last 30 days
period-all = Everything
event-about = What happened
event-method = Proved by
event-device = Device
event-request = Request
event-id = Event id
event-erased = Somebody in this event was erased. What was personal of them can be read by nobody any more; the event itself and its proof stay as they were.
event-share = Pass it on
event-share-lede = Whoever may read this log opens the link; the command asks with a management key.
event-link = Link to this event
event-copy-link = Copy link
event-curl = Command for this event
event-copy-curl = Copy as curl
event-proof = Proof
event-proof-lede = A Merkle tree over all events, signed every few seconds, shows that this one is in the log and unchanged.
event-sealed = Sealed and unchanged
event-waiting = Not sealed yet
event-waiting-lede = It is sealed within seconds. Load this page again.
event-uncosigned = Sealed, not cosigned yet
event-uncosigned-lede = The witness of this log signs within seconds that it has only grown. Load this page again.
event-broken = The proof does not hold: this log was changed. Run the command below and tell whoever runs this instance.
event-unknown = The proof cannot be read at the moment. Load this page again.
event-leaf = Number in the log
event-size = Events in the tree
event-path = Hashes on the way
event-root = Root
event-download = Download the proof
event-changes = Changed
event-json = As JSON
look-title = Sign-in page
look-lede = How the pages look on which people sign in. What you publish takes effect at once; every version can be taken back.
look-name = Name of the application
look-logo = Logo
look-logo-hint = PNG, JPEG or WebP of at most 8 KiB, 16 to 1,024 pixels on each side.
look-logo-remove = Without a logo
look-logo-on-dark = Logo on dark pages
look-logo-on-dark-hint = Without one, the logo stands on white there.
look-accent = Colour
look-accent-on-dark = Colour on dark pages
look-accent-none = Our own. Without one, it is made of the other colour.
look-contrast = Contrast { $ratio }:1
look-contrast-low = Contrast { $ratio }:1, too little to read. The nearest that is enough: { $color }
look-contrast-typed = Contrast { $ratio }:1, too little to read. 4.5:1 is needed.
look-corners = Corners
look-corners-square = Square
look-corners-soft = Soft
look-corners-round = Round
look-terms = Terms of use (https)
look-privacy = Privacy notice (https)
look-support = Help (https or mailto)
look-default-locale = Language where nothing else decides
look-languages = Languages that people may choose
look-publish = Publish
look-would-change = Publishing would change this:
look-versions = Versions
look-preview = Preview
look-preview-show = Show
look-preview-fault = This cannot be shown: { $fault }
look-scene = What to show
look-pages = Pages
look-states = Messages
look-light = Light
look-dark = Dark
look-desktop = Desktop
look-phone = Phone
settings-title = Settings
settings-lede = One document for all of it. A change takes effect at once and drops no connection.
settings-document = Document
settings-secrets = Secrets are shown as ***. What stays *** is kept as it is.
settings-comment = Why (optional)
settings-check = Check only
settings-fault = This was not saved: { $fault }
settings-would-change = Saving would change this:
settings-no-change = Saving would change nothing.
settings-before = Before
settings-after = After
settings-versions = Versions
settings-current = In effect
settings-back = Go back
settings-back-to = Go back to version { $version }
settings-back-lede = Its document becomes the newest version, with the secrets of then. Nothing in between is lost.
settings-changes = { $count ->
    [one] { $count } change
   *[other] { $count } changes
  }
users-count = { $count ->
    [one] { $count } person
   *[other] { $count } people
  }
users-count-more = More than { $count } people
user-days = { $days ->
    [one] { $days } day
   *[other] { $days } days
  }

# Figures of a tenant
figures-title = Figures
figures-lede = As of { $time } UTC, { $date }. Counted from the audit log; days are those of { $zone }.
figures-now = As it is
figures-meaning = What these numbers mean
figures-dau = Active today
figures-dau-about = People who have signed in or used a session today. Each counts once. API keys and administrators who act as a user do not count.
figures-wau = Active in 7 days
figures-wau-about = People who were active on at least one of the 7 days up to and including today.
figures-mau = Active in 30 days
figures-mau-about = People who were active on at least one of the 30 days up to and including today.
figures-stickiness = Stickiness
figures-stickiness-about = Active today divided by active in 30 days.
figures-new = New today
figures-new-about = Users who came into being today. Users who were imported do not count.
figures-users = Users
figures-users-about = Users that there are now.
figures-passkeys = By passkey
figures-passkeys-about = Sign-ins by passkey divided by all sign-ins of the range.
figures-refused = Refused
figures-refused-about = Refused sign-ins divided by sign-ins and refused ones of the range.
figures-percent = { $share }%
figures-chart = Active users a day
figures-chart-about = From { $first } to { $last }; { $most } at most.
figures-table = Show as a table
figures-day = Day
figures-active = Active
figures-new-users = New
figures-sign-ins = Sign-ins by method
figures-sign-ins-about = Those of the range that gave a session.
figures-by-code = Code by email
figures-by-link = Link by email
figures-failures = Refused sign-ins by cause
figures-failures-about = Those of the range, by the event of the audit log and its reason. What a limit or a captcha stopped does not count.
figures-funnel = What becomes of passkeys
figures-funnel-about = In the range. Started means that a page asked for a challenge; sign-in pages with suggestions do so by themselves. Whoever cancels in their browser has only started.
figures-funnel-sign-in = Signing in
figures-funnel-creation = Creating one
figures-offered = Offered
figures-declined = Declined
figures-started = Started
figures-completed = Completed
figures-failed = Refused
figures-none = Nothing in the range.
figures-away-title = No figures at the moment
figures-away-lede = Only the tenant’s own process can read its log, and it cannot be asked now. Load this page again in a while.
figures-range = Range
figures-range-own = Own range
figures-from = From
figures-to = Until
figures-by = By
figures-week = Week
figures-month = Month
figures-show = Show
figures-csv = Export as CSV
figures-chart-week = Active users a week
figures-chart-month = Active users a month
figures-chart-open = The dashed line leads to a period that is not over yet.
figures-refused-range = These figures cannot be shown: { $why }.
figures-stack = Sign-ins a day, by method
figures-stack-week = Sign-ins a week, by method
figures-stack-month = Sign-ins a month, by method
figures-stack-open = The last bar is of a period that is not over yet.
figures-stack-total = All
figures-by-provider = Provider
figures-new-7 = New in 7 days
figures-new-7-about = Users who came into being in the 7 days up to and including today. Users who were imported do not count.
figures-more = { $count } more than { $before }
figures-fewer = { $count } fewer than { $before }
figures-as-many = as many as { $before }
figures-before-1 = on the day before
figures-before-7 = in the 7 days before
figures-before-30 = in the 30 days before
figures-change = + and −
figures-change-about = How many more or fewer than in as many days before. Today is not over yet, the day before is. Without a sign, nobody knows: the days before had begun when the first was counted.

# A new tenant, keys and webhooks in the console
console-terminal = In a terminal
tenant-new-lede = The sign-in of one application: with a process, a database and a key of its own. It takes about a second.
tenant-name = Name
tenant-name-hint = Lower-case letters, digits and inner hyphens. It is part of the address: { $address }
tenant-create = Create
tenant-progress = It is being made
tenant-progress-lede = These are the true steps. The page goes on by itself.
tenant-step-secret = A secret of its own
tenant-step-role = A system user and database roles of its own
tenant-step-database = A database of its own
tenant-step-schema = Its tables
tenant-step-certificate = Certificates for its names
tenant-step-running = Its process, ready for requests
tenant-step-done = done
tenant-step-current = under way
tenant-step-waiting = waiting
tenant-step-failed = This step did not work ({ $code }). It is tried again by itself; if it stays, tell whoever runs this instance.
tenant-try = Sign in yourself
tenant-try-lede = This is its real sign-in page. Create an account there, and you are its first active user: this page then says so by itself.
tenant-first-you = You are the first active user
tenant-first-other = { $email } is the first active user
tenant-first-lede = The sign-in is in the audit log, with a proof that it is there and unchanged.
tenant-first-event = See the entry
keys-title = API keys
keys-lede = For programs that manage { $workspace } through the API. A key may do no more than whoever made it.
keys-new = Create a key
keys-empty = No key yet.
keys-name = Name
keys-name-hint = For people: which program uses it, and where.
keys-scopes = What it may do
keys-scopes-own = Only what is ticked below
keys-scopes-some = And, besides, these permissions
keys-scopes-count = { $count ->
    [one] { $count } permission
   *[other] { $count } permissions
  }
keys-scopes-all = Everything
keys-life = How long it is valid
keys-life-always = Until it is revoked
keys-active = Active
keys-expired = Expired
keys-revoked = Revoked
keys-made = Made by { $name } { $time }
keys-used = Last used { $time }
keys-unused = Never used
keys-ends = Ends { $date }, { $time } UTC
keys-previous-ends = The secret of before ends { $date }, { $time } UTC
keys-rotate = New secret
keys-rotate-of = New secret for { $name }
keys-rotate-lede = It is shown once. Both secrets are valid while you replace the old one.
keys-overlap = The old secret stays valid for
keys-overlap-none = It ends at once
keys-revoke = Revoke
keys-revoke-of = Revoke { $name }
keys-revoke-confirm = Programs that use it are refused from this moment on. This cannot be undone.
secret-of-key = The key { $name }
secret-of-key-about = Programs send it as “Authorization: Bearer …”. Keep it where only they can read it.
secret-of-webhook = The secret of { $name }
secret-of-webhook-about = Your server verifies with it that events come from here (Standard Webhooks).
secret-once = Copy it now: it is shown this once and never again.
secret-done = I have kept it
webhooks-title = Webhooks
webhooks-lede = Your servers are told what happens here: signed, in order, and again until they take it.
webhooks-empty = No server is told yet.
webhooks-new = Add an endpoint
webhooks-id = Name
webhooks-id-hint = Lower-case letters, digits, - and _. It stays as it is.
webhooks-url = Address
webhooks-events = Events
webhooks-events-hint = One in each line: a type such as session.created, all of a thing such as session.*, or * for everything.
webhooks-description = What it is for (optional)
webhooks-enabled = Send events to it
webhooks-active = Active
webhooks-failing = Failing
webhooks-paused = Paused
webhooks-disabled = Disabled
webhooks-unknown = Not known now
webhooks-pending = { $count ->
    [one] { $count } event waits.
   *[other] { $count } events wait.
  }
webhooks-failing-since = The first failure was { $time }.
webhooks-change = Change it
webhooks-test = Send a test event
webhooks-taken = The test event was taken.
webhooks-not-taken = The test event was not taken.
webhooks-retry = Try again now
webhooks-rotate = New secret
webhooks-rotate-of = New secret for { $name }
webhooks-remove = Remove
webhooks-remove-of = Remove { $name }
webhooks-remove-confirm = What waits for it is not sent any more.
webhooks-deliveries = Deliveries
webhooks-deliveries-lede = Of the last 30 days, the newest first.
webhooks-deliveries-empty = Nothing like this was sent yet.
delivery-pending = Waiting
delivery-delivered = Taken
delivery-failed = Given up
webhooks-attempts = Attempts
webhooks-attempts-empty = It was not tried yet.
webhooks-event = The event in the log
webhooks-replay = Send it again
webhooks-body = What is sent

# E-mail of a tenant
mail-title = Email
mail-lede = Whom it comes from, what it says, and whether it arrives.
mail-sender = Sender
mail-sender-name = Name of the sender
mail-sender-address = Address of the sender
mail-reply-to = Where answers go (optional)
mail-server-own = Your own mail server takes it: { $server }.
mail-server-platform = The platform’s mail server takes it. Another address than the usual one needs a mail server of your own, which is in the settings under mail.smtp.
mail-test = Does it arrive?
mail-test-send = Send a test email
mail-taken = A server took the email to { $email }. Look into that mailbox, and into its spam folder.
mail-not-taken = The email to { $email } did not go out:
mail-preview = What it says
mail-preview-lede = With made-up values, and with your own words where the settings have them (mail.templates).
mail-preview-show = Show
mail-preview-html = See it with its layout
mail-letter = Email
mail-own-words = Your words
mail-suppressed = Addresses that get none
mail-suppressed-count = { $count ->
    [one] { $count } address.
   *[other] { $count } addresses.
  }
mail-suppressed-lede = Their servers said that nobody is there. Which ones they are is not stored; you can take one off the list by typing it.
mail-lift = Send to it again
mail-domain-title = Domain records
mail-domain-lede = Mail comes from { $email }. Receivers look up what the domain says before they take it.
mail-domain-records = Records of { $domain }
mail-domain-look = Look up
mail-selector = DKIM selector
mail-selector-about = The mail server that signs has chosen it; its documentation or its settings say it.
mail-selector-wrong = This can be no selector.
mail-record-add = Add this { $kind } record
mail-record-good = In order
mail-record-weak = Weak
mail-record-wrong = Unusable
mail-record-absent = Missing
mail-record-unanswered = No answer
mail-spf-about = Says which servers may send mail from this domain.
mail-dkim-about = The key by which receivers verify the signature of each mail.
mail-dmarc-about = Says what becomes of mail that only claims to be from this domain.
mail-spf-how = Whoever runs the mail server knows from which servers it sends, and what belongs into the record.
mail-dkim-how = The mail server makes the key and shows the record that belongs here.
mail-dmarc-how = Begin with one that asks for reports only; ask for more once they show that all your mail is signed.
mail-fact-several = There are several of them, so receivers use none. Make one of them.
mail-fact-servers = { $count ->
    [one] { $count } entry names servers itself.
   *[other] { $count } entries name servers themselves.
  }
mail-fact-includes = It lets in the servers of { $names }.
mail-fact-others-fail = All other servers are to be refused.
mail-fact-others-softfail = All other servers are suspicious.
mail-fact-others-neutral = It says nothing of other servers. Let it end in ~all or -all.
mail-fact-others-pass = It lets any server send. Let it end in ~all or -all.
mail-fact-key = The key is there ({ $kind }).
mail-fact-key-short = The RSA key has less than 2048 bits. Have the mail server make a longer one.
mail-fact-key-revoked = The key was taken back: what it signs no longer counts.
mail-fact-key-broken = What is there is no key. Set the record again.
mail-fact-key-testing = It is marked as a test (t=y): receivers treat mail as if it were not signed.
mail-fact-policy-none = It asks nothing of receivers yet (p=none). Later make it quarantine or reject.
mail-fact-policy-quarantine = Forgeries are put aside (p=quarantine).
mail-fact-policy-reject = Forgeries are refused (p=reject).
mail-fact-policy-unusable = It does not say what receivers should do (p=).
mail-fact-percent = It asks that of { $percent }% of the mail only (pct).
mail-fact-no-reports = Nobody is told what receivers see (rua).
mail-lift-of = Send to it again: { $email }
mail-sent-title = Deliveries
mail-sent-lede = What became of each mail: whether a server took it, and what was in the way.
mail-sent-kept = Kept for 30 days; what somebody was sent goes with their account.
mail-sent-count-waiting = { $count ->
    [one] { $count } mail waits.
   *[other] { $count } mails wait.
  }
mail-sent-none = No mail is like that.
mail-sent-empty = Nothing was sent yet.
mail-sent-gone = Somebody who has left
mail-sent-next = Next attempt in { $time }
mail-sent-attempts = { $count ->
    [one] { $count } attempt
   *[other] { $count } attempts
  }
mail-sent-reply = the server said { $reply }
mail-sent-retry = Try now
mail-sent-waiting = Waits
mail-sent-accepted = Accepted
mail-sent-refused = Refused
mail-sent-suppressed = Not sent
mail-sent-expired = Too late
mail-words-title = Words
mail-words-lede = Codes and sign-in links can be in your own words. Notices about an account keep ours, so that no warning gets lost.
mail-words-own = Your own words are sent in this language.
mail-words-ours = Our words are sent in this language. Change them and save to send your own.
mail-words-subject = Subject
mail-words-text = Plain text
mail-words-html = HTML
mail-words-preview = Preview
mail-words-made-up = With made-up values. Nothing is saved yet.
mail-words-test-lede = Sends what is above with made-up values, saved or not.
mail-words-reset = Back to our words
mail-words-reset-lede = Your words for this email in this language are removed. The settings keep the version before.
mail-variable-code = The code; text and HTML must have it
mail-variable-link = The link; text and HTML must have it
mail-variable-app = The name of the application
mail-variable-minutes = How many minutes it is valid
letter-verification-code = Code that confirms an address
letter-sign-in-link = Sign-in link
letter-deletion-link = Link that deletes an account
letter-email-changed = Notice: address changed
letter-user-deleted = Notice: account deleted
letter-account-linked = Notice: provider linked
letter-account-unlinked = Notice: provider unlinked
letter-passkey-added = Notice: new passkey
letter-passkey-removed = Notice: passkey removed
letter-recovery-started = Notice: sign-in without passkey
letter-test = Test email

isolation-title = Isolation
isolation-lede = Whether everything holds that keeps this tenant apart: tried, not assumed.
isolation-last = Last proof
isolation-none = Its isolation has not been tried yet.
isolation-counts = { $held } hold, { $broken } broken, { $unknown } unknown.
isolation-download = Download the signed report
isolation-prove = Try it now
isolation-prove-about = Takes some seconds. Processes like the tenant’s own try what must not work; nothing of the tenant is changed, and it goes on serving.
isolation-checks = What was tried
isolation-evidence = Evidence
isolation-verify = Check the report yourself
isolation-verify-lede = The report is signed, and its digest is in this tenant’s sealed log.
isolation-digest = Digest
isolation-key = Key of this instance for reports
isolation-command = Verify a report, offline
isolation-earlier = Earlier proofs
isolation-held = Holds
isolation-broken = Broken
isolation-not-applicable = Nothing to hold
isolation-unknown = Unknown
isolation-canary = A process started as the tenant’s engine is locks itself down
isolation-namespaces = Mounts, network, IPC, host name and control groups are its own
isolation-root = It has an empty read-only root: no path leads anywhere
isolation-limits = Threads, files, memory and descriptors are limited
isolation-account = It runs under the tenant’s own account, in no other group
isolation-privileges = It has no capability and can gain none
isolation-landlock = Landlock refuses it files, and it ends with its launcher
isolation-seccomp = Only listed system calls are left to it
isolation-descriptors = It holds nothing that leads out, and has no environment
isolation-group = A control group bounds its share of the machine
isolation-files = Files cannot be read, listed, looked at or written
isolation-processes = Other processes cannot be reached, nor new ones or threads started
isolation-network = Nothing can be connected to, listened on or sent
isolation-kernel = Mounts, namespaces, own code and rarer parts of the kernel are out of reach
isolation-share = More memory and descriptors than its share are refused
isolation-database-others = Its role cannot log in to other databases or as other roles
isolation-database-catalogs = Its role does not see other tenants in the server’s catalogs
isolation-database-server = Its role cannot reach the server’s files, programs and settings
isolation-database-powers = Its role cannot make, own, change or end anything beyond its rows
isolation-database-log = Its role cannot change or remove what is in the audit log
isolation-database-grants = Its role has exactly the rights that this version gives it
isolation-database-owners = Nothing in its database belongs to its role
isolation-database-objects = Its database has the tables, functions and triggers of this version, and no others
isolation-database-connections = The number of its database connections is limited
isolation-key-secret = Its secret is its own
isolation-key-log = The key that seals its log is its own
isolation-account-unique = Its account is no other tenant’s
isolation-hostnames = It is reached at its own hostnames only
isolation-egress = It reaches the servers outside that it lists, and no others
isolation-certificate = Its certificates and their keys are its own, good today, and what its visitors are shown

# Backups of a tenant
backups-title = Backups
backups-lede = What became of them, and whether the newest could be restored.
backups-last = Last backup
backups-last-drill = Last trial restore
backups-none = None yet
backups-scheduled = Made by themselves
backups-unscheduled = Not made by themselves
backups-rows = { $count ->
    [one] { $count } row
   *[other] { $count } rows
  }
backups-drill-good = Restored whole, and the log ended where it did
backups-drill-bad = It could not be restored
backups-signed-in = A session was known on the copy
backups-drill-about = A backup that was never restored is a hope. The trial makes a copy, counts, signs in, and removes it.
backups-runs = What became of them
backups-empty = No backup was made yet.
backups-drill = Trial restore
backups-backup = Backup
backups-commands = On the machine
backups-commands-lede = Archives leave the instance encrypted, for a place that it cannot reach itself. So whoever runs it makes them there.
backups-make = Make one now
backups-try = Try whether the newest can be restored
backups-restore = Restore one beside this tenant
backups-place = Name a place for archives, so that they can be made from here
backups-now = Back up now
backups-drill-now = Try the newest now
backups-copy = Restore to a copy
backups-copy-of = Restore to a copy: backup of { $when }
backups-copying = Copy { $name }
backups-step-waiting = Ordered
backups-step-storing = Made and stored
backups-step-reading = Read to its end and checked
backups-step-restoring = Restored into a new tenant
backups-so-far = { $size } so far
backups-late = Nobody has begun yet. Whoever runs this instance has it done within the hour; at once, if kiavi backup run --watch is running there.
backups-done-backup = The backup is made and stored.
backups-done-copy = The copy { $name } is made.
backups-open-copy = Open { $name }
backups-failed = It came to nothing, and nothing was changed. Whoever runs this instance finds the reason in its log.
backups-failed-gone = It came to nothing: the archive is not there any more. Choose another one.
backups-failed-damaged = It came to nothing: the archive is damaged or does not fit. Choose another one, and tell whoever runs this instance.
backups-failed-name = It came to nothing: the name { $name } is taken by now. Choose another one.
backups-copy-lede = A new tenant becomes what { $name } was in the backup of { $when }. { $name } itself stays as it is.
backups-with-ended = Bring back what has ended since
backups-with-ended-about = People who were erased, and passkeys, linked accounts and API keys that were removed. Only where their end was itself the mistake: who asked to be erased would be back.
backups-with-keys = Have API keys work at the copy
backups-with-keys-about = Those that work at the tenant itself. Without this, programs that use it cannot reach the copy by mistake.
backups-copy-about = Nobody is signed in at the copy. It has another address: browsers have to sign in, providers need its redirect URIs, and passkeys work only where they were made.

# Sessions of a tenant
live-title = Sessions
live-lede = Who is signed in now, those who came last first.
live-empty = Nobody is signed in at the moment.
live-none = No session fits what you searched for.
live-acting = Somebody acts as them
live-end-of = Sign out { $name } from { $device }

# Security of a tenant
security-title = Security
security-lede = Which limits hold, what they refused, and who is locked out.
security-quiet = { $count ->
    [one] { $count } limit refused nobody in the last week
   *[other] { $count } limits refused nobody in the last week
  }
security-locked = Locked out now
security-locked-lede = Whom a limit refuses at this moment, as far as the log of the last 24 hours names them.
security-locked-empty = Nobody is locked out.
security-locked-guesses = { $count ->
    [one] { $count } address has used up its wrong codes.
   *[other] { $count } addresses have used up their wrong codes.
  }
security-locked-total = { $count ->
    [one] { $count } in all.
   *[other] { $count } in all; those who wait longest are shown.
  }
security-for = { $limit }: for another { $time }
security-refused-day = { $count ->
    [one] { $count } request refused in 24 hours
   *[other] { $count } requests refused in 24 hours
  }
security-everybody = Everybody
security-unlock = Let in again
security-unlock-of = Let in again: { $name }
security-unlock-who = Email or IP address
security-unlock-lede = Somebody who is not in the list: their counts begin anew.
security-limits = Limits
security-limits-lede = What each refused, by the log.
security-rate = { $limit } in { $time }
security-off = Off
security-refused = Refused: { $today } in 24 hours, { $week } in 7 days
security-refused-none = Nothing refused in 7 days
security-told-as = Its refusals are in the log among
security-offenders = Refused most in 7 days
security-untold = { $count ->
    [one] { $count } refusal of the last 7 days is in the log as a number only, without its limit: a flood must not fill it.
   *[other] { $count } refusals of the last 7 days are in the log as a number only, without their limit: a flood must not fill it.
  }
security-fixed = { $count ->
    [one] { $count } refusal was by a limit that no setting changes.
   *[other] { $count } refusals were by limits that no setting changes.
  }
security-partial = There was too much to read: these are the events since { $time }.
security-try = Try a change
security-try-of = Try a change: { $name }
security-try-lede = What a limit would have refused in the last 7 days with another rate. Nothing is changed by this.
security-try-limit = Limit
security-try-uses = How many
security-try-window = In how many seconds
security-try-run = Count again
security-try-missing = Only limits whose uses the log has are offered. Of page views, session checks, captchas, passkey steps, provider calls and API keys it has too little.
security-try-did = In truth
security-try-as-set = As set now: { $rate }
security-try-would = With the change: { $rate }
security-try-requests = Requests
security-try-networks = Networks
security-try-people = Addresses or users
security-try-result = What it refuses
security-try-about = { $count ->
    [one] { $count } use in the log, counted in its order.
   *[other] { $count } uses in the log, counted in their order.
  }
security-try-caveat = Refusals that the log only counted are missing, and nobody knows what people would have done otherwise. The second row counts the same uses by the rate of today: the further it is from the first, the less the third says.
security-try-nameless = { $count ->
    [one] { $count } of them is of somebody forgotten, so it is counted by nobody.
   *[other] { $count } of them are of somebody forgotten, so they are counted by nobody.
  }
security-try-fault = This cannot be tried: { $fault }
security-blocked = Blocked
security-blocked-lede = What the settings keep away altogether (abuse).
security-blocked-networks = Networks that get no answer
security-blocked-domains = Email domains without new users
security-allowed-domains = The only email domains with new users
security-allowed-all = All
security-disposable = Throwaway addresses
security-disposable-refused = No new users
security-disposable-allowed = Like others
security-captcha = Captcha before an email is sent
security-captcha-none = None
security-captcha-work = Work for the browser
security-change = Change it in the settings
security-block = Block
security-block-of = Block { $name }
security-block-title = Block { $network }?
security-block-about = Whoever comes from there gets no answer any more, until the network is taken off the list of those that are blocked.
security-networks-hint = One on each line, as an IP address or a CIDR block, such as 203.0.113.0/24.
security-domains-hint = One on each line, such as example.com.
security-allowed-hint = If there are any, nobody else can become a user. One on each line.
security-disposable-refuse = Refuse new users with throwaway addresses
security-set-rate = Set it: { $rate }
limit-api-key-requests = Looks at one API key
limit-api-key-unknown = Unknown API keys from one network
limit-guesses = Wrong codes for one address
limit-tokens = One-time tokens of one user
limit-captcha = Captcha answers from one network
limit-check-network = Codes and links tried from one network
limit-check-tenant = Codes tried by everybody together
limit-send-address = Codes and links for one address
limit-send-network = Codes and links asked for from one network
limit-send-tenant = Codes and links for everybody together
limit-general = Requests for one path from one network
limit-passkey-credential = Failed tries of one passkey
limit-passkey-network = Passkey steps from one network
limit-session-check = Session checks from one network
limit-social-calls = Provider calls for one user
limit-social-failed = Failed provider sign-ins from one network
limit-social-network = Provider sign-ins begun from one network

# Ways to sign in to a tenant
methods-title = Sign-in
methods-lede = How people may sign in.
methods-ways = Ways to sign in
methods-on = On
methods-off = Off
methods-open = Open
methods-closed = Closed
methods-passkeys = Always offered; whoever has none is asked to make one.
methods-required = Whoever has a passkey signs in with nothing else, and everybody must have one
methods-code = Always there: it is how people prove that an address is theirs.
methods-link = A link in an email leads to a page with a button that signs in. Your application asks for it.
methods-link-offer = Let people sign in with a link
methods-sign-up = New accounts
methods-sign-up-about = Whether somebody who has none can make an account.
methods-sign-up-open = Everybody may make an account
methods-providers = Other services
methods-providers-lede = Buttons on the sign-in page, in this order.
methods-providers-empty = No other service yet.
provider-new = Add a service
provider-without-secret = No secret
provider-settings = The client there
provider-id = Name in addresses
provider-id-hint = A known one such as google, github, microsoft, apple or gitlab needs a client only. Any other needs its discovery address.
provider-client-id = Client ID
provider-client-secret = Client secret
provider-secret-hint = One is stored. What stays empty is kept as it is.
provider-discovery-url = Discovery address
provider-discovery-hint = Of a provider of OpenID Connect; empty for a known one.
provider-name = Name on the button (optional)
provider-redirect = Redirect address
provider-redirect-lede = Enter exactly this where you register the client.
provider-test = Test this provider
provider-trial = What was found
provider-discovery = Its discovery document
provider-keys = Its keys
provider-client = Whether it knows your client
provider-passed = Good
provider-unclear = Cannot be told
provider-remove = Remove
provider-remove-of = Remove { $name }
provider-remove-confirm = Nobody can sign in with it any more. Accounts that are linked to it stay, for the day it comes back.

# The instance, for the owners of the platform
instance-title = Instance
instance-lede = How the tenants of all workspaces run. Their users, logs and secrets are not shown here: only a member of their workspace can see them.
instance-tenants = All tenants
instance-processes = Processes
instance-jobs = Jobs
instance-health = Health
instance-search = Search for a tenant
instance-none = No tenant fits what you searched for.
instance-tenants-empty = There is no tenant yet.
instance-tenant = Tenant
instance-size = { $size } of data
instance-schema = Schema { $version }
instance-backed-up = Backed up { $ago }
instance-unbacked = No backup yet
instance-made = Created { $ago }
instance-processes-lede = What runs on this machine, in how much memory and for how long. Looking at it starts nothing.
instance-services = The instance’s own
instance-isolated = Each is required to have every layer of the sandbox, except launcher and PostgreSQL, which it does not apply to.
instance-rootless = Without root some layers of the sandbox are missing, and tenants share an account: for development only.
instance-engines = Engines
instance-engines-lede = One for each tenant. Those that are idle take no memory and start with the next request.
instance-engines-empty = No tenant has an engine yet.
instance-role = Process
instance-memory = Private memory
instance-started = Started
instance-sandbox = Sandbox
instance-confined = Holds
instance-unconfined = None
instance-failures = Failures in a row
instance-down = Does not run
instance-starting = Starting
instance-draining = Ending
instance-reading-log = Reads out a log
instance-paused = Paused after failures
instance-starts-again = again { $date }, { $time } UTC
instance-jobs-lede = Tenants that are not yet where they should be. What failed is tried again by itself.
instance-jobs-empty = Nothing is under way: every tenant is where it should be.
job-to-run = Is being made ready
job-to-suspend = Is being suspended
job-to-delete = Is being stopped, to be deleted
job-to-destroy = Is being destroyed
job-to-import = Is being filled with data from elsewhere
job-to-spare = Is made in advance, for the next who asks
job-retries = Tried again { $date }, { $time } UTC
job-attempts = { $attempts ->
    [one] { $attempts } attempt
   *[other] { $attempts } attempts
  }
instance-health-lede = Looked at just now.
health-ok = In order
health-unchecked = Not checked
health-warning = Needs attention
health-fault = Does not work
health-database = Database
health-gateway = Incoming connections
health-outbound = Mail and other servers
health-auditor = Sealing of logs
health-audit-logs = Audit logs
health-vault = Vault
health-lost-tenants = Data to be restored
health-disk = Disk
health-clock = Clock
health-isolation = Isolation
health-not-looked = not checked: { $why }
health-no-launcher = the launcher does not answer
health-no-database = the database does not answer
health-no-disk = it could not be looked at
health-no-clock = the kernel does not tell how it is
health-database-answers = it answers
health-database-silent = it does not answer: nobody can sign in
health-runs = it runs
health-gateway-down = it does not run: nobody is let in
health-outbound-down = it does not run: mail waits, and no provider is reached
health-auditor-down = it does not run: events are written, and sealed when it is back
health-auditor-behind = events have waited { $waited } s to be sealed, in { $logs } logs
health-logs-hold = none contradicts what its witness has seen
health-logs-contradict = those of { $names } contradict what their witness has seen, and are sealed no further: was a database replaced by an older copy? See docs/operations.md
health-vault-works = secrets can be had ({ $driver })
health-vault-silent = the store does not answer in time
health-jobs-none = every tenant is where it should be
health-jobs-under-way = { $all } under way
health-jobs-failed = { $failed } of { $all } failed, and are tried again: see kiavi instance jobs
health-engines-run = { $number } run, the others sleep
health-engines-paused = { $number } failed, and are started again after a pause
health-engines-quarantined = { $number } in quarantine after forbidden system calls, and not started any more: look at the log
health-backups-none = none are made by themselves: see kiavi backup schedule
health-backups-unreadable = the schedule cannot be read: see kiavi backup schedule
health-backups-without-instance = the instance itself is in no archive: name a --recipient, who can open it when all is lost
health-backups-good = the instance and { $tenants } tenants, backed up and tried in time; the operator’s identity was { $identity }
health-identity-tried = last tried on { $date }
health-identity-untried = never tried (kiavi backup drill --instance --identity FILE)
health-backups-untried = not restored for a trial in time: { $names }
health-backups-late = no archive of the last day: { $names }
health-domains-hold = none has lapsed, and none waits for its record for days
health-domains-lapsed = lapsed, the record is gone: { $names }
health-domains-pending = pending, the record never came: { $names }
health-domain-since = { $domain } of { $tenant } since { $since }
health-certificates-hold = each name has one, and none ends soon
health-certificates-ending = end soon and could not be renewed: { $names }
health-certificates-without = could not be made yet, so browsers cannot come: { $names }
health-certificates-see = { $which }; see kiavi certificate list
health-lost-none = the data of every tenant is here
health-lost = restore these from their archives: { $names }
health-instance-itself = the instance itself
health-and-more = { $names } and { $more } more
health-disk-files = { $percent }% of the files that it may hold are left: a tenant has 400
health-disk-free = { $free } GB are free ({ $percent }%)
health-disk-low = { $left }: make room in time
health-disk-full = { $left }: make room, or PostgreSQL stops and with it every sign-in
health-clock-in-step = kept in step, at most { $milliseconds } ms off
health-clock-free = nothing keeps it in step, or nobody told the kernel: install chrony or systemd-timesyncd. Codes and sessions end by it, and other servers refuse tokens from the future
health-isolated = every layer of the sandbox is required
health-isolated-groups = every layer of the sandbox is required; control groups (version { $version }) hold each engine to its share
health-isolated-no-groups = every layer of the sandbox is required, but there are no control groups: each engine is held by its own limits only, and a busy one may slow others down. kiavi doctor says why
health-rootless = rootless: tenants share one account; for development only

# Members of the console
domains-lede = The names under which people reach this tenant.
domains-names = Names
certificates-title = Certificates
certificate-good = Its certificate, by { $issuer }, ends { $date }.
certificate-ended = Its certificate ended { $date }: browsers refuse to come here.
certificate-none = It has no certificate yet: browsers cannot come here.
certificate-pending = Its certificate is being made.
certificate-unverified = The certificate authority did not find this service at the name. Have its A and AAAA records lead here.
certificate-limited = The certificate authority wants to be asked later.
certificate-forbidden = A CAA record of the domain names other certificate authorities. Add this one to it.
certificate-refused = The certificate authority refuses this name. Ask whoever runs this instance.
certificate-unreachable = The certificate authority cannot be reached.
certificate-other = The certificate could not be made. Ask whoever runs this instance.
certificate-again = It is tried again { $date }, { $time } UTC.
certificate-says = It says: { $detail }
certificate-renew = Try again
certificate-renew-of = Try again to get a certificate for { $domain }
domains-title = Domains
domains-primary = Primary
domains-checked = Last looked for { $time }.
domains-verify = Look for the record
domains-verify-of = Look for the record of { $domain }
domains-remove = Remove
domains-remove-of = Remove { $domain }
domains-remove-confirm = People can no longer sign in there, and another tenant may prove the domain.
domains-record = The record of { $domain }
domains-record-name = Name
domains-record-type = Type
domains-record-value = Value
domains-add = Add a domain
domains-add-lede = You then set a record in its DNS that proves it is yours. Until then nothing changes.
domains-label = Domain
domain-served = In use
domain-former = Former
domain-pending = Waits for its record
domain-verified = Proved
domain-missing = Record missing
domain-lapsed = Lapsed
domain-own-about = It comes with the name of the tenant.
domain-former-about = It leads to the primary name for a while.
domain-given-about = The operator set it, without a record.
domain-pending-about = Set the record below, then look for it. New records may take some minutes.
domain-verified-about = Leave the record where it is.
domain-missing-about = It is still in use. Set the record below again.
domain-lapsed-about = The record has been missing for days. The domain is still in use, until another tenant proves it.
console-nav = Workspace
palette-open = Go to…
palette-keys = Ctrl K
palette-label = Page, tenant or person
palette-none = Nothing found
palette-people = Search users for “{ $text }”
workspace-switch = Switch workspace
workspace-new = New workspace
workspace-new-lede = A workspace has tenants, keys and members of its own. You become its owner.
workspace-name = Name
workspace-slug = Name in addresses
workspace-slug-hint = Lower-case letters, digits and hyphens.
workspace-create = Create workspace
workspace-rename = Rename this workspace
team-title = Team
team-lede = Who works in { $workspace }, and what they may do.
team-members = Members
team-alone = You are the only one here. Invite the people you work with.
team-you = You
team-joined = Joined { $time }
team-role = Role
team-role-of = Change role of { $name }
team-role-change = Change role
team-remove = Remove
team-remove-of = Remove { $name }
team-remove-confirm = From this moment on they see and do nothing in { $workspace } any more.
team-remove-keys = Management keys whose secret they know are revoked: { $keys }. To keep one, rotate it yourself first.
team-role-keys = Management keys whose secret they know keep only what the new role may do: { $keys }.
team-invitations = Invitations
team-invitations-empty = Nobody is invited at the moment.
team-invite = Invite somebody
team-invite-lede = They get an email with a link. It works for 7 days and for this address only.
team-invite-send = Send invitation
team-invited = Invited { $time }
team-invite-expired = Expired
team-resend = Send again
team-resend-of = Send again to { $email }
team-revoke = Withdraw
team-revoke-of = Withdraw the invitation to { $email }
team-roles = What the roles may do
role-owner = Owner
role-owner-about = Everything, and the workspace itself.
role-admin = Admin
role-admin-about = Everything but the workspace itself: tenants, settings, keys and members.
role-developer = Developer
role-developer-about = Builds: tenants, settings and keys. Deletes no tenant and manages no members.
role-support = Support
role-support-about = Helps users and can act as them. Changes no configuration.
role-viewer = Viewer
role-viewer-about = Sees everything, changes nothing.
role-auditor = Auditor
role-auditor-about = Reads the log and the evidence only.
role-privacy = Privacy
role-privacy-about = Answers requests of data subjects and handles incidents.
owner-title = Become the owner
owner-lede = You are signed in as { $email }. As the owner of { $workspace } you may do everything in it and invite others.
invitation-title = Join { $workspace }
invitation-lede = { $inviter } invites you as { $role }. You are signed in as { $email }.
invitation-accept = Join
invitation-accept-of = Join { $workspace } as { $role }
invitation-later = Not now
no-workspace-title = No workspace yet
no-workspace-lede = You are signed in as { $email }, but you are no member of any workspace. Ask somebody who is to invite this address.
no-owner-title = Nobody owns this instance yet
no-owner-lede = You are signed in as { $email }. Whoever runs this instance becomes its owner by the link that was printed when it started; “kiavi console first-owner” prints another.
no-workspace-invited = You are invited
link-gone-title = This link no longer works
link-gone-invitation = It has expired, was used, was withdrawn, or a newer one was sent. Ask for a new invitation.
link-gone-owner = It has expired or was used already. Whoever runs this instance gets a new one with “kiavi console first-owner”.
owner-exists-title = There is an owner already
owner-exists-lede = This link was for the first owner. Ask the owner for an invitation.
wrong-address-title = This invitation is for another address
wrong-address-lede = It was sent to { $invited }, and you are signed in as { $email }. Sign in with the address that it was sent to.
wrong-address-switch = Sign in with another address
unverified-title = Confirm your address first
unverified-lede = Nothing shows yet that { $email } is yours. Sign in once with a code by email, then open the link again.
entry-failed-title = The sign-in did not work
entry-failed-lede = It took too long, was used already, or began in another browser. Start again here.
prove-title = Confirm that it is you
prove-lede = You are signed in as { $email }. Use your passkey to go on: a code does not count here.
prove-confirm = Use my passkey
prove-failed = That did not work. Try again with a passkey of this account.
prove-none = You have no passkey yet. Create one, and you come back here.
prove-no-script = Your browser does not run scripts here, so a passkey cannot be used. Use another browser to go on.

# The gallery of a development instance
components-title = Components
components-lede = Every page in every state, with made-up people. Only kiavi dev has this page.
components-look = Look
components-look-ours = Kiavi
components-look-of = Tenant { $number }
components-mails = Mails

# Mailbox
mailbox-title = Mailbox
mailbox-lede = Every mail of this development instance ends here. None leaves this machine.
mailbox-empty-title = No mail yet
mailbox-empty-lede = Ask for a sign-in code and it appears here by itself.
mailbox-to = To { $email }
mailbox-copy-code = Copy the code { $code }
mailbox-count = { $count ->
    [one] { $count } mail
   *[other] { $count } mails
  }

# Time
time-now = just now
time-today = today
time-yesterday = yesterday
time-minutes-ago = { $minutes ->
    [one] { $minutes } minute ago
   *[other] { $minutes } minutes ago
  }
time-hours-ago = { $hours ->
    [one] { $hours } hour ago
   *[other] { $hours } hours ago
  }
time-days-ago = { $days ->
    [one] { $days } day ago
   *[other] { $days } days ago
  }
wait-over = You can try again now.
time-left-seconds = { $seconds ->
    [one] { $seconds } second
   *[other] { $seconds } seconds
  }
time-left-minutes = { $minutes ->
    [one] { $minutes } minute
   *[other] { $minutes } minutes
  }
time-left-hours = { $hours ->
    [one] { $hours } hour
   *[other] { $hours } hours
  }
time-left-days = { $days ->
    [one] { $days } day
   *[other] { $days } days
  }
time-on-date = on { $day } { $monthName } { $year }
time-month = { $month ->
    [1] January
    [2] February
    [3] March
    [4] April
    [5] May
    [6] June
    [7] July
    [8] August
    [9] September
    [10] October
    [11] November
   *[12] December
  }

# Notices: what happened, then what to do
notice-code-wrong = That code is not right. Check the newest email and try again.
notice-code-expired = That code has expired. Send a new one.
notice-code-tries = Too many wrong codes. Send a new code and use that one.
notice-code-other-browser = This code belongs to the browser that asked for it. Ask for a new code here.
notice-code-sent = We sent you a new code. The old one no longer works.
notice-link-expired = This link has expired or was used already. Ask for a new one.
notice-deletion-mail-sent = We sent you an email. Open its link in this browser to delete your account.
notice-email-invalid = Enter an email address such as you@example.com.
notice-passkey-cancelled = Passkey not working? Use a code by email instead.
notice-passkey-unknown = This passkey was removed from your account. Use a code by email, then create a new one.
notice-passkey-unsupported = This browser cannot use passkeys. Use a code by email.
notice-passkey-exists = This device already has a passkey for your account.
notice-passkey-verification = Your device did not confirm that it is you. Set up a screen lock or a PIN, then try again.
notice-passkey-wrong-domain = Passkeys do not work at this address. Open the usual sign-in page.
notice-passkey-timeout = That took too long. Try again.
notice-passkey-failed = The passkey could not be checked. Try again, or use a code by email.
notice-passkey-create-cancelled = No passkey was created. You can try again or do it later.
notice-passkey-created = Your passkey is ready. Use it the next time you sign in.
notice-passkey-renamed = The passkey has its new name.
notice-passkey-removed = The passkey was removed.
notice-passkey-gone = That passkey was removed already.
notice-passkey-last = This is your only way to sign in. Confirm your email address first.
notice-passkey-held = You signed in by email, so passkeys from before stay for a while. Sign in with one of them, or wait.
notice-email-same = You have this address already.
notice-email-taken = Somebody has an account with this address. Use another one.
notice-email-changed = Your email address was changed.
notice-profile-saved = Your profile was saved.
notice-name-invalid = Enter a name of at most 100 characters.
notice-session-revoked = The device was signed out.
notice-sessions-revoked = All other devices were signed out.
notice-session-ended = You were signed out. Sign in again to go on.
notice-sign-in-again = For your safety, sign in again to change this.
notice-flow-expired = That took too long. Start again.
notice-rate-limited = Too many tries. Try again in { $time }.
notice-too-many = Too many tries. Wait a moment, then try again.
notice-suspended = This account is suspended. Contact support.
notice-passkey-required = This account has a passkey, so a code or a link no longer signs in. Use your passkey.
notice-sign-up-closed = New accounts are not open here. Ask for an invitation.
notice-provider-denied = The other service did not allow the sign-in. Try again or use a code.
notice-provider-unverified = The other service has not confirmed your email address. Use a code instead.
notice-provider-failed = The other service did not answer as it should. Try again or use a code.
notice-account-conflict = You already have an account. Confirm with a passkey or a code.
notice-account-linked = It is linked. You can sign in with it from now on.
notice-account-unlinked = It was unlinked.
notice-account-gone = That account was unlinked already.
notice-account-last = This is your only way to sign in. Create a passkey first, or sign in with a code by email once.
notice-account-other-email = That account has another email address than you have here, so it was not linked.
notice-account-taken = That account is linked to somebody else here.
notice-account-unable = It could not be linked: the other service has not confirmed your email address, or you were signed out meanwhile. Try again.
notice-connect-other = You signed in to another account, so nothing was linked. Start again to link it here.
notice-connect-expired = You are signed in, but linking took too long. Link it on your account page.
notice-connect-needs-code = Use a code by email to link it: your email address was never confirmed here.
notice-not-while-acting = You are acting as somebody else. Only they can change this.
notice-acting-stopped = You are yourself again.
notice-acting-link = This link was used, or is older than a minute. Begin again in the console.
notice-acting-refused = Nobody can act as this person now. Look at their page in the console.
notice-member-invited = The invitation is on its way.
notice-member-exists = This person is a member already.
notice-member-role-changed = The role was changed.
notice-member-removed = The member was removed.
notice-member-role-keys = The role was changed. Management keys of this person may do less now.
notice-member-removed-keys = The member was removed, and the management keys that they knew were revoked.
notice-member-owner-last = A workspace needs an owner. Make somebody else an owner first.
notice-member-role-above = You cannot give or take a role that may do more than yours.
notice-member-forbidden = Your role does not allow this.
notice-invitation-resent = The invitation was sent again. The earlier link no longer works.
notice-invitation-revoked = The invitation was withdrawn.
notice-invitation-exists = This address is invited already. Send that invitation again instead.
notice-invitation-paused = This invitation was sent only just now. Wait five minutes, then send it again.
notice-invitation-gone = This invitation was answered or withdrawn meanwhile.
notice-workspace-renamed = The workspace has its new name.
notice-workspace-exists = There is a workspace of that name already. Choose another.
notice-workspace-name = Enter a name of at most 100 characters, and lower-case letters, digits and inner hyphens for addresses.
notice-domain-added = The domain was added. Set its record now.
notice-domain-proved = The record is there. The domain is in use.
notice-domain-absent = The record is not there yet. A new one may take some minutes.
notice-domain-different = There is a record, but it says something else. Compare the value.
notice-domain-unanswered = No name server answered. Try again.
notice-domain-taken = This domain, or one above or below it, is in use already.
notice-domain-invalid = Enter a domain of yours, such as auth.example.com.
notice-certificate-asked = A certificate is asked for. This takes seconds, or some minutes.
notice-certificate-limit = Certificates of this tenant were asked for many times just now. It is tried again by itself; ask again in some minutes.
notice-domain-limit = This tenant has as many domains as it may. Remove one first.
notice-domain-removed = The domain was removed.
notice-domain-primary = The primary name cannot be removed.
notice-domain-gone = This domain was removed meanwhile.
notice-backup-no-place = This instance has no place for archives yet. Whoever runs it has to name one.
notice-backup-gone = That backup is not kept any more.
notice-backup-under-way = Something is under way already. This page tells how far it is.
notice-backup-too-many = That was ordered as often as it may be in a day. Try again tomorrow.
notice-step-up-done = Thank you. For the next five minutes you can do this.
notice-user-role-changed = Their role was changed.
notice-user-role-empty = A user has at least one role.
notice-user-banned = They are suspended and signed out everywhere.
notice-user-unbanned = They can sign in again.
notice-user-session-ended = This session was ended.
notice-user-sessions-ended = They are signed out everywhere.
notice-user-created = The user was added.
notice-user-exists = Somebody has this address already.
notice-user-passkey-removed = They can no longer sign in with that passkey.
notice-user-passkey-gone = This passkey of theirs was removed already.
notice-user-key-off = Programs that use this key are refused from now on.
notice-user-key-on = Programs can use this key again.
notice-user-key-gone = They no longer have this key.
notice-user-removed = The user was deleted.
notice-user-gone = This user does not exist any more.
notice-user-refused = The tenant did not accept this. Load the page again and try once more.
notice-user-act-reason = Say why, in 3 to 200 characters.
notice-user-act-admin = Nobody acts as an administrator of the application.
notice-user-act-banned = Nobody acts as somebody who is suspended.
notice-user-act-off = Acting as users is switched off in this tenant’s settings.
notice-settings-saved = Saved. The tenant runs with it within a second.
notice-settings-meanwhile = Somebody else changed the settings meanwhile. Look at the newest version below and try again.
notice-provider-exists = There is a service of this name already. Change that one.
notice-provider-gone = There is no such service any more.
notice-provider-removed = The service was removed.
notice-mail-retried = Sending it is tried now.
notice-mail-not-waiting = This mail no longer waits.
notice-mail-lifted = This address gets email again.
notice-mail-not-suppressed = This address was not on the list: it gets email.
notice-isolation-tried = The isolation was tried; below is what was found.
notice-isolation-busy = It is being tried already. Look again in some seconds.
notice-isolation-often = It was tried as often as it may be in an hour. Try again later.
notice-isolation-resting = The tenant does not run, so there is nothing to try.
notice-unlocked = They are let in again.
notice-not-locked = No limit keeps them out.
notice-network-kept-out = The network is blocked. You find it in the list below.
notice-unlock-who = That is no email address and no IP address.
notice-tenant-name = A name has up to 63 lower-case letters a to z, digits and inner hyphens, such as shop.
notice-tenant-name-reserved = This name is reserved. Choose another one.
notice-tenant-name-taken = There is or was a tenant of this name. Choose another one.
notice-key-revoked = The key was revoked. It opens nothing any more.
notice-key-gone = This key is not active any more.
notice-key-name = Give the key a name of at most 100 characters.
notice-key-scopes = Choose what the key may do, and nothing that you may not.
notice-webhook-saved = Saved. What happens from now on is sent so.
notice-webhook-removed = The endpoint was removed.
notice-webhook-exists = There is an endpoint of this name already. Choose another name.
notice-webhook-gone = There is no such endpoint any more.
notice-webhook-enabled = What waits is sent now.
notice-webhook-replayed = It is sent again. Load this page in a moment to see what came of it.
notice-webhook-not-replayed = This cannot be sent now: the endpoint is not sent anything, or the event is on its way already.
notice-view-saved = The view is saved.
notice-view-renamed = The view has its new name.
notice-view-deleted = The view is deleted.
notice-view-name = Give the view a name of at most 60 characters.
notice-view-exists = You have a view of this name already.
notice-view-limit = You have as many views of this tenant as there may be. Delete one first.
notice-view-gone = This view is not there any more.
notice-engine-away = The tenant does not answer at the moment. Try again in a few seconds.
notice-cookies-blocked = Your browser blocks cookies. Allow them for this page, then try again.
notice-offline = You are offline. Check your connection, then try again.
notice-wrong-origin = This form came from another page. Please fill it in here again.
notice-captcha-failed = The check that keeps spam away did not work. Try again.
notice-network-blocked = Your network is blocked here. Try from another one, or ask whoever runs this site.
notice-maintenance = We are doing maintenance. Please try again in a few minutes.
notice-unexpected = Something went wrong. Try again.

# Mail
mail-code-subject = { $code } is your code for { $app }
mail-code-verify-subject = { $code } confirms your email for { $app }
mail-code-title = Your sign-in code
mail-code-verify-title = Confirm your email address
mail-code-lede = Enter this code to sign in to { $app }:
mail-code-verify-lede = Enter this code in { $app } to confirm that this address is yours:
mail-code-valid = { $minutes ->
    [one] It is valid for { $minutes } minute and works once.
   *[other] It is valid for { $minutes } minutes and works once.
  }
mail-code-warning = Never give this code to anyone. Our staff never ask for it.
mail-code-ignore = Did you not ask for this? Then you need do nothing: without the code nobody can sign in.
mail-link-subject = Sign in to { $app }
mail-link-title = Your sign-in link
mail-link-lede = Open this link to sign in to { $app }:
mail-link-valid-hours = { $hours ->
    [one] It is valid for { $hours } hour and works once.
   *[other] It is valid for { $hours } hours and works once.
  }
mail-link-ignore = Do not pass this email on: whoever opens the link signs in as you. Did you not ask for it? Then you need do nothing.
mail-invitation-subject = { $inviter } invites you to { $workspace }
mail-invitation-title = You are invited
mail-invitation-lede = { $inviter } invites you to work in { $workspace } at { $app }. Opening the link does nothing yet; you decide on its page.
mail-invitation-button = See the invitation
mail-invitation-ignore = It is for this address only. Did you not expect it? Then you need do nothing.
mail-link-valid-days = { $days ->
    [one] It is valid for { $days } day and works once.
   *[other] It is valid for { $days } days and works once.
  }
mail-delete-subject = Confirm that you want to delete your account for { $app }
mail-delete-lede = Open this link to delete your account for { $app }. Everything in it is removed for good.
mail-delete-ignore = Did you not ask for this? Then somebody else is signed in as you: sign in and sign out all other devices.
mail-changed-subject = Your email address for { $app } was changed
mail-changed-title = Your email address was changed
mail-changed-lede = You now sign in to { $app } with { $email }. This address no longer works there.
mail-changed-advice = Was it not you? Contact support at once.
mail-deleted-subject = Your account for { $app } was deleted
mail-deleted-lede = Your account for { $app } and everything in it was removed.
mail-deleted-advice = Did you not ask for this? Contact support at once.
mail-account-linked-subject = An account at { $provider } was linked to your account for { $app }
mail-account-linked-title = An account was linked
mail-account-linked-lede = An account at { $provider } can now sign in to your account for { $app }.
mail-account-linked-advice = Was it not you? Sign in at once, unlink that account and sign out all other devices.
mail-account-unlinked-subject = An account at { $provider } was unlinked from your account for { $app }
mail-account-unlinked-title = An account was unlinked
mail-account-unlinked-lede = An account at { $provider } can no longer sign in to your account for { $app }.
mail-account-unlinked-advice = Was it not you? Sign in at once, check your linked accounts and sign out all other devices.
mail-passkey-added-subject = A passkey was added to your account for { $app }
mail-passkey-added-title = A passkey was added
mail-passkey-added-lede = A new passkey can sign in to your account for { $app }.
mail-passkey-added-advice = Was it not you? Sign in at once, remove this passkey and sign out all other devices.
mail-passkey-removed-subject = A passkey was removed from your account for { $app }
mail-passkey-removed-title = A passkey was removed
mail-passkey-removed-lede = A passkey can no longer sign in to your account for { $app }.
mail-passkey-removed-advice = Was it not you? Sign in at once, check your passkeys and sign out all other devices.
mail-passkey-removed-support-lede = Support removed a passkey from your account for { $app }. It can no longer sign in.
mail-recovery-subject = Somebody signed in to { $app } without your passkey
mail-recovery-title = A sign-in without your passkey
mail-recovery-lede = { $hours ->
    [one] Somebody signed in to your account for { $app } by email, although it has passkeys. For { $hours } hour those cannot be removed.
   *[other] Somebody signed in to your account for { $app } by email, although it has passkeys. For { $hours } hours those cannot be removed.
  }
mail-recovery-advice = Was it not you? Sign in with your passkey at once, remove passkeys that you do not know, sign out all other devices, and look after your mailbox.
mail-test-subject = Test mail from { $app }
mail-test-title = Mail arrives
mail-test-lede = Mail from { $app } arrives at this address.
mail-test-advice = Whoever looks after { $app } is trying out its mail server. There is nothing for you to do.
mail-when-device = It happened { $date } at { $time } (UTC). Device: { $device }.
mail-when = It happened { $date } at { $time } (UTC).

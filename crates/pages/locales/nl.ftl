# Kader
skip-to-content = Naar de inhoud
language = Taal
secured-by = Beveiligd met Kiavi
foot-links = Voorwaarden en hulp
foot-terms = Voorwaarden
foot-privacy = Privacy
foot-support = Hulp
acting-label = Namens iemand anders
acting-as = U handelt tot { $time } UTC als { $user }, ingelogd door { $admin }.
acting-stop = Stoppen
acting-title = Handelen als { $name }
acting-lede = Gedurende { $time } bent u bij { $app } ingelogd als { $user }.
acting-reason = Reden
acting-recorded = Wat u doet, staat met uw naam in het logboek.
acting-own = U bent hier ingelogd als { $user }. Die sessie wacht tot u stopt.
acting-begin = Beginnen
acting-support = Iemand van { $app } is namens u ingelogd
acting-support-until = Begonnen { $ago }, eindigt uiterlijk om { $time } UTC
acting-support-end = Beëindigen
or = of
action-cancel = Annuleren
action-continue = Doorgaan
action-save = Opslaan
action-copy = Kopiëren
action-copied = Gekopieerd
action-search = Zoeken
action-show-all = Alles tonen
action-try-again = Opnieuw proberen
label-request-id = Aanvraag-ID

# Inloggen
sign-in-title = Inloggen bij { $app }
sign-in-lede = Met een passkey of een code per e-mail. Zonder wachtwoord.
email-label = E-mailadres
email-placeholder = naam@example.com
passkey-sign-in = Inloggen met een passkey
returning-button = Doorgaan als { $email }
sign-in-new = Nieuw hier? Vul uw e-mailadres in en wij maken uw account aan.
provider-continue = Doorgaan met { $provider }
captcha-working = Een moment: uw browser doet een kleine taak die spam tegenhoudt.
captcha-no-script = Om hier een code te krijgen, moet uw browser scripts uitvoeren. Zet ze aan en laad de pagina opnieuw.

# Code
code-title = Bekijk uw e-mail
code-lede = We hebben een code gestuurd naar { $email }.
code-label = Inlogcode
code-hint = { $count ->
    [one] { $count } cijfer, { $minutes } min geldig. Vul hem in deze browser in.
   *[other] { $count } cijfers, { $minutes } min geldig. Vul hem in deze browser in.
  }
code-change-email = Ander adres gebruiken
code-resend = Nieuwe code sturen
code-resend-in = Nieuwe code over { $time }
code-spam = Niets ontvangen? Kijk in de spammap.
link-lede = U logt in als { $email }.
link-confirm = Inloggen
connect-title = U hebt al een account
connect-lede = Er is hier een account voor { $email }, maar { $provider } is er nog niet aan gekoppeld. Laat zien dat het account van u is, dan koppelen we de twee.
connect-code = Stuur mij een code
connect-code-lede = Daarna koppelen we { $provider } aan uw account.
connect-other-proof = Kies een andere manier
connect-confirm = { $provider } koppelen
connect-confirm-lede = U bent ingelogd als { $email }. Daarna kunt u hier ook met { $provider } inloggen.

# Aanbod van een passkey
offer-title = De volgende keer sneller inloggen
offer-lede = Met een passkey logt u in met uw vingerafdruk, gezicht of schermvergrendeling. Niets te onthouden, niets te typen.
offer-point-phishing = Hij kan niet worden geraden, hergebruikt of gestolen door een nepsite.
offer-point-device = Uw vingerafdruk of gezicht verlaat nooit uw apparaat.
offer-create = Passkey aanmaken
offer-later = Nu niet
offer-no-script = Uw browser voert hier geen scripts uit, dus er kan geen passkey worden aangemaakt. U kunt zonder verder.
offer-nearby-title = Ook op dit apparaat een passkey opslaan?
offer-nearby-lede = U hebt een passkey van een ander apparaat gebruikt. Met een passkey op dit apparaat hebt u volgende keer geen ander nodig.
offer-required-lede = Hier logt u in met een passkey. Maak de uwe nu aan om verder te gaan.
offer-required-no-script = Uw browser voert hier geen scripts uit, dus er kan geen passkey worden aangemaakt. Gebruik een andere browser om verder te gaan.

# Account
account-title = Uw account
account-signed-in-as = Ingelogd als { $email }
account-sign-out = Uitloggen
profile-title = Profiel
profile-name = Naam
profile-name-hint = Te zien in de apps waar u inlogt.
passkeys-title = Passkeys
passkeys-lede = Inloggen met vingerafdruk, gezicht of schermvergrendeling.
passkeys-held = U bent per e-mail ingelogd, terwijl u passkeys hebt. De eerdere kunnen over { $time } worden verwijderd; inloggen met een ervan maakt hier een eind aan.
passkeys-empty = U hebt nog geen passkey. Maak er een aan om zonder code in te loggen.
passkeys-add = Passkey toevoegen
passkey-default-name = Passkey
passkey-created = Aangemaakt { $time }
passkey-used = Laatst gebruikt { $time }
passkey-synced = Gesynchroniseerd
passkey-bound = Op één apparaat
passkey-rename = Hernoemen
passkey-rename-of = { $name } hernoemen
passkey-name-label = Nieuwe naam
passkey-remove = Verwijderen
passkey-remove-of = { $name } verwijderen
passkey-remove-confirm = U kunt er dan niet meer mee inloggen.
passkey-remove-last = Dit is uw enige passkey. Zonder passkey logt u in met een code per e-mail.
accounts-title = Gekoppelde accounts
accounts-lede = Andere diensten waarmee u kunt inloggen.
accounts-empty = Er is nog geen andere dienst gekoppeld.
account-linked = Gekoppeld { $time }
account-unlink = Ontkoppelen
account-unlink-of = { $provider } ontkoppelen
account-unlink-confirm = U kunt er dan niet meer mee inloggen.
account-link = { $provider } koppelen
sessions-title = Apparaten
sessions-lede = Waar u nu bent ingelogd.
session-current = Dit apparaat
session-seen = Actief { $time }
session-since = Ingelogd { $time }
session-revoke = Uitloggen
session-revoke-of = { $device } uitloggen
sessions-revoke-others = Alle andere apparaten uitloggen
sessions-revoke-others-confirm = { $count ->
    [one] { $count } ander apparaat uitloggen? Dit apparaat blijft ingelogd.
   *[other] { $count } andere apparaten uitloggen? Dit apparaat blijft ingelogd.
  }
device-on = { $browser } op { $system }
device-unknown = Onbekend apparaat

# Delete account
email-change-open = Wijzigen
email-title = Uw e-mailadres wijzigen
email-lede = U logt in met { $email }. We sturen een code naar het nieuwe adres om zeker te weten dat het van u is.
email-new-label = Nieuw e-mailadres
email-send = Code sturen
email-code-lede = We hebben een code naar { $email } gestuurd. Vul hem in om uw account daarheen te verhuizen.
email-code-label = Code
email-keep = Mijn adres houden
export-title = Uw gegevens
export-lede = Wat hier over u wordt bewaard, als bestand om te lezen of mee te nemen: uw profiel, uw passkeys en gekoppelde accounts, uw apparaten en wat het logboek over u zegt.
export-button = Mijn gegevens downloaden
account-delete-title = Account verwijderen
account-delete-lede = Verwijdert uw account en alles wat erin staat.
account-delete-open = Mijn account verwijderen…
delete-title = Uw account verwijderen?
delete-lede = { $email }: uw profiel, uw passkeys en alle sessies worden voorgoed verwijderd. Dit kan niet ongedaan worden gemaakt.
delete-mail-lede = We sturen u eerst een e-mail met een link om het te bevestigen.
delete-send = E-mail sturen
delete-confirm = Mijn account verwijderen
delete-keep = Mijn account houden
deleted-title = Uw account is verwijderd
deleted-lede = Alles wat erin stond is verwijderd. U bent overal uitgelogd.

# Uitloggen
sign-out-title = Uitloggen?
sign-out-lede = U bent ingelogd als { $email }.
sign-out-confirm = Uitloggen
sign-out-stay = Ingelogd blijven
signed-out-title = U bent uitgelogd
signed-out-lede = U kunt dit venster sluiten.
signed-out-again = Opnieuw inloggen

# Als er iets misgaat
error-title = Er ging iets mis
error-lede = De fout ligt bij ons. Probeer het opnieuw; blijft het zo, geef dan de aanvraag-ID door aan de helpdesk.
refused-title = Dat is niet gelukt
leaving-title = Een moment
leaving-lede = U bent ingelogd. We brengen u nu terug.
leaving-for-provider = We brengen u naar { $provider } om in te loggen.
not-found-title = Pagina niet gevonden
not-found-lede = Dit adres leidt nergens heen. Controleer het of begin opnieuw.
not-found-home = Naar de startpagina
starting-title = Een moment
starting-lede = We maken ons klaar. Deze pagina gaat vanzelf verder.
suspended-title = Inloggen is voorlopig uitgeschakeld
suspended-lede = De beheerders van deze applicatie hebben die gepauzeerd. Niets van u is verloren en u hoeft niets te doen. Kom later terug of vraag het hun.
unknown-host-title = Er is geen site op dit adres
unknown-host-lede = Controleer het adres op een typefout. Als u een link volgde, vertel het dan aan wie hem gaf.
no-host-title = Dit verzoek is niet leesbaar
no-host-lede = Het noemt niet precies één site.

# Console
console-title = Tenants
console-lede = Elke tenant heeft een eigen proces, database en sleutel.
console-column-name = Naam
console-column-address = Adres
console-column-state = Status
console-column-created = Aangemaakt
console-empty-title = Nog geen tenant
console-empty-lede = Het inloggen van uw eerste applicatie is een seconde weg.
console-create-title = Een tenant aanmaken
console-create-lede = Voer dit uit in een terminal. De nieuwe tenant verschijnt hier vanzelf.
console-count = { $count ->
    [one] { $count } tenant
   *[other] { $count } tenants
  }
state-creating = Wordt aangemaakt
state-running = Actief
state-idle = In rust
state-suspended = Opgeschort
state-quarantined = Gestopt voor de veiligheid
state-deleting = Wordt verwijderd
state-deleted = Verwijderd
state-failed = Mislukt
live-on = Live
live-off = Opnieuw verbinden…

# A tenant in the console
page-nav = Pagina’s
page-range = { $first }–{ $last } van { $total }
page-range-more = { $first }–{ $last } van meer dan { $total }
page-previous = Vorige
page-next = Volgende
tenant-nav = Tenant { $name }
tenant-switch = Van tenant wisselen
tenant-overview = Overzicht
tenant-created = Aangemaakt { $time }
tenant-open = Inlogpagina openen
tenant-figures-all = Alle cijfers, en hoe ze worden geteld
tenant-connect = In uw applicatie gebruiken
tenant-connect-lede = De officiële client van Better Auth werkt zonder aanpassing. Dit adres is alles wat hij moet weten.
tenant-recent = Laatste gebeurtenissen
tenant-recent-all = Alles in het auditlog tonen
tenant-away-title = Niets te lezen zolang hij niet draait
tenant-away-lede = Alleen het eigen proces van de tenant kan zijn gegevens lezen. Hervat de tenant om deze pagina te zien.
users-title = Gebruikers
users-new = Persoon toevoegen
users-new-lede = De persoon krijgt er geen e-mail over en logt in met dit adres, alsof die uit zichzelf was gekomen.
users-new-name-hint = Optioneel. De persoon kan hem zelf wijzigen.
users-search = Mensen zoeken
users-by = In
users-state = Status
users-all = Alle
users-active = Actief
users-suspended = Geblokkeerd
users-empty-title = Er heeft nog niemand ingelogd
users-empty-lede = Wie voor het eerst inlogt, verschijnt hier.
users-none-title = Niemand gevonden
users-none-lede = Niemand past bij deze zoekopdracht.
user-id = Gebruikers-id
user-unverified = Adres niet bevestigd
user-passkeys-empty = Nog geen passkey.
user-passkey-remove-confirm = Inloggen kan er dan niet meer mee. Op het apparaat blijft hij staan tot hij ook daar wordt verwijderd.
user-sessions-empty = Op dit moment nergens ingelogd.
user-key-off = Uitschakelen
user-key-off-of = { $name } uitschakelen
user-key-on = Inschakelen
user-key-on-of = { $name } inschakelen
user-key-is-off = Uitgeschakeld
user-privacy = Privacy
user-copy = Een kopie van de gegevens
user-copy-lede = Wat de persoon zelf kan downloaden: profiel, passkeys, gekoppelde accounts, apparaten, API-sleutels en wat het logboek over de persoon zegt. Voor wie u erom vraagt.
user-copy-get = Downloaden
user-activity = Activiteit
user-measures = Maatregelen
user-role-lede = Wat uw applicatie deze persoon toestaat. Beheerders beheren de gebruikers ervan.
user-role-hint = Meerdere met komma’s ertussen.
user-sign-out = Overal uitloggen
user-sign-out-lede = Beëindigt meteen alle sessies. Opnieuw inloggen blijft mogelijk.
user-suspend = Blokkeren
user-suspend-of = { $name } blokkeren
user-suspend-lede = Beëindigt alle sessies en voorkomt opnieuw inloggen.
user-suspend-for = Hoe lang
user-suspend-reason = Reden
user-suspend-reason-hint = Optioneel. Hij staat ook in het auditlog.
user-suspended-always = Tot de opheffing
user-suspended-until = Tot { $time } UTC, { $date }
user-restore = Blokkering opheffen
user-restore-lede = Inloggen kan meteen weer.
user-act = Handelen als deze persoon
user-act-lede = Logt u korte tijd als deze persoon in bij de applicatie, om te zien wat die ziet.
user-act-about = U komt op de inlogpagina’s van { $tenant }, bevestigt daar en stopt als u klaar bent. Wat alleen de persoon zelf mag, blijft dicht: passkeys, het adres, gekoppelde accounts, sessies, een kopie van de gegevens, het verwijderen van het account.
user-act-reason-hint = 3 tot 200 tekens. De reden staat in het logboek van de tenant, en de persoon mag die daar lezen.
user-act-for = Hoogstens
user-act-go = Doorgaan
user-delete = Gebruiker verwijderen
user-delete-of = { $name } verwijderen
user-delete-lede = Verwijdert het account met alles erin. Het logboek vertelt dan niet meer wie het was.
user-delete-confirm = Dit kan niet ongedaan worden gemaakt.
users-method = Logt in met
users-method-all = Alles
users-method-passkey = Passkey
users-method-account = Gekoppeld account
users-method-code = Alleen codes
users-created-from = Gekomen vanaf
users-created-to = Gekomen tot
users-seen-from = Gezien vanaf
users-seen-to = Gezien tot
users-more-filters = Meer filters
users-passkeys = { $count ->
    [one] 1 passkey
   *[other] { $count } passkeys
  }
users-seen = Gezien { $when }
users-came = Gekomen { $when }
users-select = { $name } selecteren
users-select-all = Alles op deze pagina selecteren
users-selected = Met de selectie
users-export = Exporteren als CSV
users-export-found = Alles wat gevonden is exporteren
selection-none-title = Niemand is geselecteerd
selection-none-lede = Selecteer eerst mensen in de lijst.
selection-suspend = { $count ->
    [one] 1 persoon blokkeren
   *[other] { $count } mensen blokkeren
  }
selection-restore = { $count ->
    [one] Blokkering van 1 persoon opheffen
   *[other] Blokkering van { $count } mensen opheffen
  }
selection-sign-out = { $count ->
    [one] 1 persoon overal uitloggen
   *[other] { $count } mensen overal uitloggen
  }
selection-delete = { $count ->
    [one] 1 persoon verwijderen
   *[other] { $count } mensen verwijderen
  }
selection-export = { $count ->
    [one] 1 persoon exporteren
   *[other] { $count } mensen exporteren
  }
selection-export-more = Meer dan { $count } mensen exporteren
selection-export-lede = Een tabel met adres, naam, status, wanneer ze kwamen en het laatst zijn gezien, en waarmee ze inloggen. Het auditlog legt vast dat u die hebt gedownload.
selection-download = Downloaden
selection-people = Om wie het gaat
selection-gone = { $count ->
    [one] 1 van de geselecteerde mensen is er niet meer.
   *[other] { $count } van de geselecteerde mensen zijn er niet meer.
  }
selection-too-many = Hoogstens { $count } mensen tegelijk. Wie daarboven komt, blijft erbuiten.
selection-done = { $count ->
    [one] Gedaan voor 1 persoon.
   *[other] Gedaan voor { $count } mensen.
  }
selection-not-done = { $count ->
    [one] Niet gedaan voor 1 persoon
   *[other] Niet gedaan voor { $count } mensen
  }
selection-why-gone = Niet meer daar
selection-why-not-suspended = Was niet geblokkeerd
selection-why-no-sessions = Was nergens ingelogd
selection-why-failed = Mislukt; probeer het opnieuw
selection-back = Terug naar de gebruikers
events-title = Auditlog
events-lede = Wie wat deed, wanneer en met welke afloop. Niemand kan het ongemerkt wijzigen.
events-what = Gebeurtenis
events-actor = Door
events-subject = Betreft
events-ip = IP-adres
events-country = Land
events-network = Netwerk
events-time = Tijd
events-outcome = Afloop
events-period = Periode
events-fault = Hier kan niet op worden gezocht: { $fault }
events-wrong = Hier kan niet op worden gezocht.
events-wrong-type = Deze gebeurtenis bestaat niet. Een groep schrijft u als session.*
events-wrong-email = Dit is geen e-mailadres.
events-wrong-from = Dit is geen dag.
events-wrong-to = Dit is geen dag, of die ligt voor de eerste.
events-wrong-ip = Dit is geen IP-adres.
events-wrong-country = Een land heeft twee letters, zoals FR.
events-wrong-network = Een netwerk heeft een nummer, zoals AS3215.
events-wrong-device = Er is geen apparaat met dit woord. Kies er een uit de lijst.
events-wrong-actor = Vul een e-mailadres in, of een naam zoals die in de log staat, bijvoorbeeld auditor.
events-wrong-request = Dit is geen verzoek-id. Op de pagina van een gebeurtenis staat er een.
events-request = Verzoek-id
events-days = De dagen zijn die van { $zone }.
events-empty = Er is nog niets gebeurd
events-empty-lede = Elke login en elke wijziging verschijnt hier vanzelf.
events-none-title = Niets gevonden
events-none-lede = Geen gebeurtenis past bij deze zoekopdracht.
events-times = Nieuwste eerst.
events-newest = Nieuwste
events-older = Oudere
events-export = Exporteren
events-export-lede = Alles wat bij deze zoekopdracht past, hoogstens de nieuwste { $most } gebeurtenissen. Het auditlog legt vast dat u het hebt geëxporteerd.
events-export-ndjson = Exporteren als NDJSON met bewijzen
events-export-proof = Elke regel van het NDJSON heeft het bewijs dat zijn gebeurtenis in het logboek staat. Deze opdracht controleert ze allemaal, zonder deze server.
events-export-verify = Opdracht die de bewijzen controleert
events-export-whole = Het hele logboek, zonder die grens, wordt geëxporteerd met deze opdracht.
events-export-bundle = Opdracht die het hele logboek exporteert
views-title = Opgeslagen weergaven
views-save = Deze weergave opslaan
views-name = Naam
views-hint = Alleen u ziet deze weergave.
views-left-out = Adressen, IP-adressen en namen van personen worden niet bewaard.
views-manage = Weergaven beheren
views-full = U hebt { $count } weergaven van deze tenant, meer kan niet. Verwijder er een om een andere op te slaan.
views-name-of = Naam van { $name }
views-rename = Hernoemen
views-rename-one = { $name } hernoemen
views-delete = Verwijderen
views-delete-one = { $name } verwijderen
outcome-any = Alle
outcome-success = Gelukt
outcome-failure = Geweigerd
period-hour = Laatste uur
period-day = Laatste 24 uur
period-week = Laatste 7 dagen
period-month = Laatste 30 dagen
period-all = Alles
event-about = Wat er gebeurde
event-method = Bewezen met
event-device = Apparaat
event-request = Verzoek
event-id = Gebeurtenis-id
event-erased = Iemand in deze gebeurtenis is gewist. De persoonlijke gegevens kan niemand meer lezen; de gebeurtenis en het bewijs blijven zoals ze waren.
event-share = Doorgeven
event-share-lede = Wie deze log mag lezen, opent de link; de opdracht vraagt met een beheersleutel.
event-link = Link naar deze gebeurtenis
event-copy-link = Link kopiëren
event-curl = Opdracht voor deze gebeurtenis
event-copy-curl = Kopiëren als curl
event-proof = Bewijs
event-proof-lede = Een Merkle-boom over alle gebeurtenissen, om de paar seconden ondertekend, toont dat deze in het logboek staat en ongewijzigd is.
event-sealed = Verzegeld en ongewijzigd
event-waiting = Nog niet verzegeld
event-waiting-lede = Het wordt binnen enkele seconden verzegeld. Laad deze pagina opnieuw.
event-uncosigned = Verzegeld, nog niet medeondertekend
event-uncosigned-lede = De getuige van dit logboek ondertekent binnen enkele seconden dat het alleen is gegroeid. Laad deze pagina opnieuw.
event-broken = Het bewijs klopt niet: dit logboek is gewijzigd. Voer de opdracht hieronder uit en waarschuw de beheerder.
event-unknown = Het bewijs kan op dit moment niet worden gelezen. Laad deze pagina opnieuw.
event-leaf = Nummer in het logboek
event-size = Gebeurtenissen in de boom
event-path = Hashes op het pad
event-root = Wortel
event-download = Bewijs downloaden
event-changes = Gewijzigd
event-json = Als JSON
look-title = Inlogpagina
look-lede = Hoe de pagina’s eruitzien waarop mensen inloggen. Wat u publiceert geldt meteen; elke versie kan worden teruggezet.
look-name = Naam van de applicatie
look-logo = Logo
look-logo-hint = PNG, JPEG of WebP van hoogstens 8 KiB, 16 tot 1.024 pixels per zijde.
look-logo-remove = Zonder logo
look-logo-on-dark = Logo op donkere pagina’s
look-logo-on-dark-hint = Zonder staat het logo daar op wit.
look-accent = Kleur
look-accent-on-dark = Kleur op donkere pagina’s
look-accent-none = Die van ons. Zonder opgave wordt hij van de andere kleur afgeleid.
look-contrast = Contrast { $ratio }:1
look-contrast-low = Contrast { $ratio }:1, te weinig om te lezen. De dichtstbijzijnde die volstaat: { $color }
look-contrast-typed = Contrast { $ratio }:1, te weinig om te lezen. Nodig is 4,5:1.
look-corners = Hoeken
look-corners-square = Recht
look-corners-soft = Zacht
look-corners-round = Rond
look-terms = Voorwaarden (https)
look-privacy = Privacyverklaring (https)
look-support = Hulp (https of mailto)
look-default-locale = Taal als niets anders beslist
look-languages = Talen om uit te kiezen
look-publish = Publiceren
look-would-change = Publiceren zou dit wijzigen:
look-versions = Versies
look-preview = Voorbeeld
look-preview-show = Tonen
look-preview-fault = Dit kan niet worden getoond: { $fault }
look-scene = Wat te tonen
look-pages = Pagina’s
look-states = Meldingen
look-light = Licht
look-dark = Donker
look-desktop = Computer
look-phone = Telefoon
settings-title = Instellingen
settings-lede = Eén document voor alles. Een wijziging geldt meteen en verbreekt geen verbinding.
settings-document = Document
settings-secrets = Geheimen staan er als ***. Wat *** blijft, blijft zoals het is.
settings-comment = Waarom (optioneel)
settings-check = Alleen controleren
settings-fault = Niet opgeslagen: { $fault }
settings-would-change = Opslaan zou dit wijzigen:
settings-no-change = Opslaan zou niets wijzigen.
settings-before = Eerder
settings-after = Daarna
settings-versions = Versies
settings-current = Geldt nu
settings-back = Teruggaan
settings-back-to = Terug naar versie { $version }
settings-back-lede = Het document daarvan wordt de nieuwste versie, met de geheimen van toen. Niets ertussen gaat verloren.
settings-changes = { $count ->
    [one] { $count } wijziging
   *[other] { $count } wijzigingen
  }
users-count = { $count ->
    [one] { $count } persoon
   *[other] { $count } personen
  }
users-count-more = Meer dan { $count } personen
user-days = { $days ->
    [one] { $days } dag
   *[other] { $days } dagen
  }

# Figures of a tenant
figures-title = Cijfers
figures-lede = Stand van { $time } UTC, { $date }. Geteld uit het auditlog; dagen zijn die van { $zone }.
figures-now = Hoe het ervoor staat
figures-meaning = Wat deze cijfers betekenen
figures-dau = Vandaag actief
figures-dau-about = Mensen die vandaag zijn ingelogd of een sessie hebben gebruikt. Ieder telt één keer. API-sleutels en beheerders die als iemand anders handelen, tellen niet.
figures-wau = In 7 dagen actief
figures-wau-about = Mensen die op minstens een van de 7 dagen tot en met vandaag actief waren.
figures-mau = In 30 dagen actief
figures-mau-about = Mensen die op minstens een van de 30 dagen tot en met vandaag actief waren.
figures-stickiness = Binding
figures-stickiness-about = Vandaag actief gedeeld door actief in 30 dagen.
figures-new = Vandaag nieuw
figures-new-about = Accounts die vandaag zijn ontstaan. Geïmporteerde tellen niet.
figures-users = Accounts
figures-users-about = Accounts die er nu zijn.
figures-passkeys = Met passkey
figures-passkeys-about = Logins met een passkey gedeeld door alle logins van de periode.
figures-refused = Geweigerd
figures-refused-about = Geweigerde logins gedeeld door gelukte en geweigerde van de periode.
figures-percent = { $share }%
figures-chart = Actieve mensen per dag
figures-chart-about = Van { $first } tot { $last }; hoogstens { $most }.
figures-table = Als tabel tonen
figures-day = Dag
figures-active = Actief
figures-new-users = Nieuw
figures-sign-ins = Logins per methode
figures-sign-ins-about = Die van de periode die een sessie gaven.
figures-by-code = Code per e-mail
figures-by-link = Link per e-mail
figures-failures = Geweigerde logins per oorzaak
figures-failures-about = Die van de periode, naar de gebeurtenis in het auditlog en de reden ervan. Wat een limiet of captcha tegenhield, telt niet.
figures-funnel = Wat er van passkeys wordt
figures-funnel-about = In deze periode. Begonnen betekent dat een pagina om een opgave vroeg; inlogpagina’s met suggesties doen dat vanzelf. Wie in de browser afbreekt, is alleen begonnen.
figures-funnel-sign-in = Inloggen
figures-funnel-creation = Aanmaken
figures-offered = Aangeboden
figures-declined = Afgeslagen
figures-started = Begonnen
figures-completed = Gelukt
figures-failed = Geweigerd
figures-none = Niets in deze periode.
figures-away-title = Nu geen cijfers
figures-away-lede = Alleen het eigen proces van de tenant kan het logboek lezen, en dat is nu niet te bereiken. Laad deze pagina straks opnieuw.
figures-range = Periode
figures-range-own = Eigen periode
figures-from = Van
figures-to = Tot
figures-by = Per
figures-week = Week
figures-month = Maand
figures-show = Tonen
figures-csv = Exporteren als CSV
figures-chart-week = Actieve mensen per week
figures-chart-month = Actieve mensen per maand
figures-chart-open = De streepjeslijn leidt naar een periode die nog niet voorbij is.
figures-refused-range = Deze cijfers kunnen niet worden getoond: { $why }.
figures-stack = Logins per dag, naar methode
figures-stack-week = Logins per week, naar methode
figures-stack-month = Logins per maand, naar methode
figures-stack-open = De laatste balk is van een periode die nog niet voorbij is.
figures-stack-total = Alle
figures-by-provider = Provider
figures-new-7 = In 7 dagen nieuw
figures-new-7-about = Accounts die in de 7 dagen tot en met vandaag zijn ontstaan. Geïmporteerde tellen niet.
figures-more = { $count } meer dan { $before }
figures-fewer = { $count } minder dan { $before }
figures-as-many = evenveel als { $before }
figures-before-1 = op de dag ervoor
figures-before-7 = in de 7 dagen ervoor
figures-before-30 = in de 30 dagen ervoor
figures-change = + en −
figures-change-about = Hoeveel meer of minder dan in evenveel dagen ervoor. Vandaag is nog niet voorbij, de dag ervoor wel. Zonder teken weet niemand het: die dagen waren al begonnen toen er voor het eerst werd geteld.

# A new tenant, keys and webhooks in the console
console-terminal = In een terminal
tenant-new-lede = Het inloggen van één applicatie: met een eigen proces, een eigen database en een eigen sleutel. Het duurt ongeveer een seconde.
tenant-name = Naam
tenant-name-hint = Kleine letters, cijfers en koppeltekens ertussen. De naam staat in het adres: { $address }
tenant-create = Aanmaken
tenant-progress = Wordt aangemaakt
tenant-progress-lede = Dit zijn de echte stappen. De pagina gaat vanzelf verder.
tenant-step-secret = Een eigen geheim
tenant-step-role = Een eigen systeemgebruiker en eigen databaserollen
tenant-step-database = Een eigen database
tenant-step-schema = De tabellen
tenant-step-certificate = Certificaten voor de namen
tenant-step-running = Het proces, klaar voor verzoeken
tenant-step-done = klaar
tenant-step-current = bezig
tenant-step-waiting = wacht
tenant-step-failed = Deze stap is niet gelukt ({ $code }). Hij wordt vanzelf herhaald; blijft het zo, meld het dan aan de beheerder van deze instantie.
tenant-try = Log zelf in
tenant-try-lede = Dit is de echte inlogpagina. Maak er een account aan en u bent de eerste actieve gebruiker: deze pagina zegt het dan vanzelf.
tenant-first-you = U bent de eerste actieve gebruiker
tenant-first-other = { $email } is de eerste actieve gebruiker
tenant-first-lede = De login staat in het auditlog, met een bewijs dat hij daar ongewijzigd staat.
tenant-first-event = Vermelding bekijken
keys-title = API-sleutels
keys-lede = Voor programma’s die { $workspace } via de API beheren. Een sleutel mag niet meer dan wie hem heeft gemaakt.
keys-new = Sleutel maken
keys-empty = Nog geen sleutel.
keys-name = Naam
keys-name-hint = Voor mensen: welk programma hem gebruikt, en waar.
keys-scopes = Wat hij mag
keys-scopes-own = Alleen wat hieronder is aangevinkt
keys-scopes-some = En daarnaast deze rechten
keys-scopes-count = { $count ->
    [one] { $count } recht
   *[other] { $count } rechten
  }
keys-scopes-all = Alles
keys-life = Hoe lang hij geldig is
keys-life-always = Tot hij wordt ingetrokken
keys-active = Actief
keys-expired = Verlopen
keys-revoked = Ingetrokken
keys-made = Gemaakt door { $name } { $time }
keys-used = Laatst gebruikt { $time }
keys-unused = Nooit gebruikt
keys-ends = Eindigt { $date }, { $time } UTC
keys-previous-ends = Het vorige geheim eindigt { $date }, { $time } UTC
keys-rotate = Nieuw geheim
keys-rotate-of = Nieuw geheim voor { $name }
keys-rotate-lede = Het wordt één keer getoond. Beide gelden terwijl u het oude vervangt.
keys-overlap = Het oude geheim geldt nog
keys-overlap-none = Het eindigt meteen
keys-revoke = Intrekken
keys-revoke-of = { $name } intrekken
keys-revoke-confirm = Programma’s die hem gebruiken worden vanaf nu geweigerd. Dit kan niet ongedaan worden gemaakt.
secret-of-key = De sleutel { $name }
secret-of-key-about = Programma’s sturen hem als ‘Authorization: Bearer …’. Bewaar hem waar alleen zij hem kunnen lezen.
secret-of-webhook = Het geheim van { $name }
secret-of-webhook-about = Uw server controleert ermee dat gebeurtenissen hiervandaan komen (Standard Webhooks).
secret-once = Kopieer het nu: het wordt alleen deze keer getoond.
secret-done = Ik heb het bewaard
webhooks-title = Webhooks
webhooks-lede = Uw servers horen wat hier gebeurt: ondertekend, op volgorde en net zo lang tot ze het aannemen.
webhooks-empty = Er wordt nog geen server ingelicht.
webhooks-new = Eindpunt toevoegen
webhooks-id = Naam
webhooks-id-hint = Kleine letters, cijfers, - en _. De naam blijft zo.
webhooks-url = Adres
webhooks-events = Gebeurtenissen
webhooks-events-hint = Eén per regel: een type zoals session.created, alles van iets zoals session.*, of * voor alles.
webhooks-description = Waar het voor is (optioneel)
webhooks-enabled = Gebeurtenissen ernaartoe sturen
webhooks-active = Actief
webhooks-failing = Met fouten
webhooks-paused = Gepauzeerd
webhooks-disabled = Uitgeschakeld
webhooks-unknown = Nu niet bekend
webhooks-pending = { $count ->
    [one] { $count } gebeurtenis wacht.
   *[other] { $count } gebeurtenissen wachten.
  }
webhooks-failing-since = De eerste mislukking was { $time }.
webhooks-change = Wijzigen
webhooks-test = Testgebeurtenis sturen
webhooks-taken = De testgebeurtenis is aangenomen.
webhooks-not-taken = De testgebeurtenis is niet aangenomen.
webhooks-retry = Nu opnieuw proberen
webhooks-rotate = Nieuw geheim
webhooks-rotate-of = Nieuw geheim voor { $name }
webhooks-remove = Verwijderen
webhooks-remove-of = { $name } verwijderen
webhooks-remove-confirm = Wat nog wacht, wordt niet meer verstuurd.
webhooks-deliveries = Bezorgingen
webhooks-deliveries-lede = Van de laatste 30 dagen, de nieuwste eerst.
webhooks-deliveries-empty = Zoiets is nog niet verstuurd.
delivery-pending = Wacht
delivery-delivered = Aangenomen
delivery-failed = Opgegeven
webhooks-attempts = Pogingen
webhooks-attempts-empty = Er is nog geen poging gedaan.
webhooks-event = De gebeurtenis in het logboek
webhooks-replay = Opnieuw sturen
webhooks-body = Wat wordt verstuurd

# E-mail of a tenant
mail-title = E-mail
mail-lede = Van wie het komt, wat erin staat en of het aankomt.
mail-sender = Afzender
mail-sender-name = Naam van de afzender
mail-sender-address = Adres van de afzender
mail-reply-to = Waar antwoorden heen gaan (optioneel)
mail-server-own = Uw eigen mailserver neemt de mail aan: { $server }.
mail-server-platform = De mailserver van het platform neemt de mail aan. Een ander adres dan het gebruikelijke vraagt om een eigen mailserver; die staat in de instellingen onder mail.smtp.
mail-test = Komt het aan?
mail-test-send = Testmail sturen
mail-taken = Een server heeft de e-mail aan { $email } aangenomen. Kijk in die mailbox en in de spammap.
mail-not-taken = De e-mail aan { $email } is niet verstuurd:
mail-preview = Wat erin staat
mail-preview-lede = Met verzonnen waarden, en met uw eigen woorden waar de instellingen die hebben (mail.templates).
mail-preview-show = Tonen
mail-preview-html = Met opmaak bekijken
mail-letter = E-mail
mail-own-words = Uw woorden
mail-suppressed = Adressen die niets krijgen
mail-suppressed-count = { $count ->
    [one] { $count } adres.
   *[other] { $count } adressen.
  }
mail-suppressed-lede = Hun servers zeiden dat daar niemand is. Welke het zijn, is niet opgeslagen; typ er een om het van de lijst te halen.
mail-lift = Er weer naartoe sturen
mail-domain-title = DNS-records
mail-domain-lede = Mail komt van { $email }. Ontvangers kijken wat het domein zegt voordat ze die aannemen.
mail-domain-records = Records van { $domain }
mail-domain-look = Opzoeken
mail-selector = DKIM-selector
mail-selector-about = De mailserver die ondertekent heeft hem gekozen; de documentatie of de instellingen ervan noemen hem.
mail-selector-wrong = Dit kan geen selector zijn.
mail-record-add = Voeg dit { $kind }-record toe
mail-record-good = In orde
mail-record-weak = Zwak
mail-record-wrong = Onbruikbaar
mail-record-absent = Ontbreekt
mail-record-unanswered = Geen antwoord
mail-spf-about = Zegt welke servers mail van dit domein mogen versturen.
mail-dkim-about = De sleutel waarmee ontvangers de handtekening van elke mail controleren.
mail-dmarc-about = Zegt wat er gebeurt met mail die alleen beweert van dit domein te komen.
mail-spf-how = Wie de mailserver beheert, weet vanaf welke servers hij verstuurt en wat er in het record hoort.
mail-dkim-how = De mailserver maakt de sleutel en toont het record dat hier hoort.
mail-dmarc-how = Begin met een record dat alleen om rapporten vraagt; vraag meer zodra die tonen dat al uw mail ondertekend is.
mail-fact-several = Er zijn er meerdere, dus ontvangers gebruiken er geen. Maak er één van.
mail-fact-servers = { $count ->
    [one] { $count } vermelding noemt zelf servers.
   *[other] { $count } vermeldingen noemen zelf servers.
  }
mail-fact-includes = Het laat de servers van { $names } toe.
mail-fact-others-fail = Alle andere servers moeten worden geweigerd.
mail-fact-others-softfail = Alle andere servers zijn verdacht.
mail-fact-others-neutral = Het zegt niets over andere servers. Laat het eindigen op ~all of -all.
mail-fact-others-pass = Het laat elke server versturen. Laat het eindigen op ~all of -all.
mail-fact-key = De sleutel is er ({ $kind }).
mail-fact-key-short = De RSA-sleutel heeft minder dan 2048 bits. Laat de mailserver een langere maken.
mail-fact-key-revoked = De sleutel is ingetrokken: wat hij ondertekent telt niet meer.
mail-fact-key-broken = Wat er staat is geen sleutel. Stel het record opnieuw in.
mail-fact-key-testing = Hij is gemarkeerd als test (t=y): ontvangers behandelen mail alsof die niet ondertekend is.
mail-fact-policy-none = Het vraagt nog niets van ontvangers (p=none). Maak er later quarantine of reject van.
mail-fact-policy-quarantine = Vervalsingen worden apart gezet (p=quarantine).
mail-fact-policy-reject = Vervalsingen worden geweigerd (p=reject).
mail-fact-policy-unusable = Het zegt niet wat ontvangers moeten doen (p=).
mail-fact-percent = Het vraagt dat maar voor { $percent }% van de mail (pct).
mail-fact-no-reports = Niemand hoort wat ontvangers zien (rua).
mail-lift-of = Er weer naartoe sturen: { $email }
mail-sent-title = Verzending
mail-sent-lede = Wat er van elke mail is geworden: of een server hem heeft aangenomen, en wat in de weg stond.
mail-sent-kept = Wordt 30 dagen bewaard; wat iemand kreeg verdwijnt met het account.
mail-sent-count-waiting = { $count ->
    [one] { $count } mail wacht.
   *[other] { $count } mails wachten.
  }
mail-sent-none = Geen mail voldoet hieraan.
mail-sent-empty = Er is nog niets verstuurd.
mail-sent-gone = Iemand die weg is
mail-sent-next = Volgende poging over { $time }
mail-sent-attempts = { $count ->
    [one] { $count } poging
   *[other] { $count } pogingen
  }
mail-sent-reply = de server zei { $reply }
mail-sent-retry = Nu proberen
mail-sent-waiting = Wacht
mail-sent-accepted = Aangenomen
mail-sent-refused = Geweigerd
mail-sent-suppressed = Niet verstuurd
mail-sent-expired = Te laat
mail-words-title = Teksten
mail-words-lede = Codes en inloglinks kunnen in uw eigen woorden. Berichten over een account houden de onze, zodat geen waarschuwing verloren gaat.
mail-words-own = In deze taal worden uw eigen woorden verstuurd.
mail-words-ours = In deze taal worden onze woorden verstuurd. Wijzig ze en sla op om uw eigen te versturen.
mail-words-subject = Onderwerp
mail-words-text = Platte tekst
mail-words-html = HTML
mail-words-preview = Voorbeeld
mail-words-made-up = Met verzonnen waarden. Er is nog niets opgeslagen.
mail-words-test-lede = Verstuurt het bovenstaande met verzonnen waarden, opgeslagen of niet.
mail-words-reset = Terug naar onze woorden
mail-words-reset-lede = Uw woorden voor deze e-mail in deze taal worden verwijderd. De instellingen bewaren de vorige versie.
mail-variable-code = De code; tekst en HTML moeten hem hebben
mail-variable-link = De link; tekst en HTML moeten hem hebben
mail-variable-app = De naam van de applicatie
mail-variable-minutes = Hoeveel minuten het geldig is
letter-verification-code = Code die een adres bevestigt
letter-sign-in-link = Inloglink
letter-deletion-link = Link die een account verwijdert
letter-email-changed = Melding: adres gewijzigd
letter-user-deleted = Melding: account verwijderd
letter-account-linked = Melding: provider gekoppeld
letter-account-unlinked = Melding: provider ontkoppeld
letter-passkey-added = Melding: nieuwe passkey
letter-passkey-removed = Melding: passkey verwijderd
letter-recovery-started = Melding: inloggen zonder passkey
letter-test = Testmail

isolation-title = Isolatie
isolation-lede = Of alles houdt wat deze tenant apart houdt: geprobeerd, niet aangenomen.
isolation-last = Laatste bewijs
isolation-none = De isolatie is nog niet geprobeerd.
isolation-counts = { $held } houden, { $broken } verbroken, { $unknown } onbekend.
isolation-download = Het ondertekende rapport downloaden
isolation-prove = Nu proberen
isolation-prove-about = Duurt enkele seconden. Processen zoals dat van de tenant proberen wat niet mag lukken; aan de tenant verandert niets en hij blijft werken.
isolation-checks = Wat er geprobeerd is
isolation-evidence = Bewijs
isolation-verify = Het rapport zelf controleren
isolation-verify-lede = Het rapport is ondertekend, en de controlesom staat in het verzegelde logboek van deze tenant.
isolation-digest = Controlesom
isolation-key = Sleutel van deze instantie voor rapporten
isolation-command = Een rapport offline controleren
isolation-earlier = Eerdere bewijzen
isolation-held = Houdt
isolation-broken = Verbroken
isolation-not-applicable = Niets te houden
isolation-unknown = Onbekend
isolation-canary = Een proces dat start zoals de engine van de tenant schermt zichzelf af
isolation-namespaces = Mounts, netwerk, IPC, hostnaam en controlegroepen zijn van hemzelf
isolation-root = Het heeft een lege alleen-lezen root: geen pad leidt ergens heen
isolation-limits = Threads, bestanden, geheugen en descriptors zijn begrensd
isolation-account = Het draait onder het eigen account van de tenant, in geen andere groep
isolation-privileges = Het heeft geen capability en kan er geen krijgen
isolation-landlock = Landlock weigert het bestanden, en het eindigt met zijn launcher
isolation-seccomp = Alleen opgesomde systeemaanroepen blijven over
isolation-descriptors = Het houdt niets vast dat naar buiten leidt en heeft geen omgeving
isolation-group = Een controlegroep begrenst zijn aandeel van de machine
isolation-files = Bestanden kunnen niet gelezen, opgesomd, bekeken of geschreven worden
isolation-processes = Andere processen zijn onbereikbaar, nieuwe of threads kunnen niet starten
isolation-network = Er kan geen verbinding worden gemaakt of aangenomen, en niets worden verzonden
isolation-kernel = Mounts, namespaces, eigen code en zeldzamere delen van de kernel zijn onbereikbaar
isolation-share = Meer geheugen en descriptors dan zijn deel worden geweigerd
isolation-database-others = De rol kan niet inloggen op andere databases of als andere rollen
isolation-database-catalogs = De rol ziet geen andere tenants in de catalogi van de server
isolation-database-server = De rol bereikt geen bestanden, programma’s en instellingen van de server
isolation-database-powers = De rol kan niets maken, bezitten, wijzigen of beëindigen buiten zijn rijen
isolation-database-log = De rol kan niets in het auditlog wijzigen of verwijderen
isolation-database-grants = De rol heeft precies de rechten die deze versie geeft
isolation-database-owners = Niets in de database is van de rol
isolation-database-objects = De database heeft de tabellen, functies en triggers van deze versie, en geen andere
isolation-database-connections = Het aantal databaseverbindingen is begrensd
isolation-key-secret = Het geheim is van hemzelf
isolation-key-log = De sleutel die het logboek verzegelt is van hemzelf
isolation-account-unique = Het account is van geen andere tenant
isolation-hostnames = Hij is alleen bereikbaar op zijn eigen hostnamen
isolation-egress = Hij bereikt de servers die hij opsomt, en geen andere
isolation-certificate = Zijn certificaten en hun sleutels zijn van hem alleen, vandaag geldig, en wat zijn bezoekers te zien krijgen

# Backups of a tenant
backups-title = Back-ups
backups-lede = Wat ervan werd, en of de nieuwste kon worden teruggezet.
backups-last = Laatste back-up
backups-last-drill = Laatste proef
backups-none = Nog geen
backups-scheduled = Gaat vanzelf
backups-unscheduled = Gaat niet vanzelf
backups-rows = { $count ->
    [one] { $count } rij
   *[other] { $count } rijen
  }
backups-drill-good = Volledig teruggezet, en het logboek eindigde waar het was
backups-drill-bad = Kon niet worden teruggezet
backups-signed-in = Een sessie was bekend op de kopie
backups-drill-about = Een back-up die nooit is teruggezet, is hoop. De proef maakt een kopie, telt, logt in en verwijdert hem.
backups-runs = Wat ervan werd
backups-empty = Er is nog geen back-up gemaakt.
backups-drill = Proef
backups-backup = Back-up
backups-commands = Op de machine
backups-commands-lede = Archieven verlaten de instantie versleuteld, naar een plek die ze zelf niet bereikt. Daarom worden ze daar gemaakt door wie de instantie beheert.
backups-make = Er nu een maken
backups-try = Proberen of de nieuwste terug te zetten is
backups-restore = Er een naast deze tenant terugzetten
backups-place = Een plek voor archieven noemen, zodat ze van hieruit gemaakt kunnen worden
backups-now = Nu een back-up maken
backups-drill-now = De nieuwste nu proberen
backups-copy = Terugzetten in een kopie
backups-copy-of = Terugzetten in een kopie: back-up van { $when }
backups-copying = Kopie { $name }
backups-step-waiting = Aangevraagd
backups-step-storing = Gemaakt en opgeslagen
backups-step-reading = Tot het einde gelezen en gecontroleerd
backups-step-restoring = Teruggezet in een nieuwe tenant
backups-so-far = tot nu toe { $size }
backups-late = Nog niemand is begonnen. Wie deze instantie beheert, laat het binnen het uur doen; meteen, als daar kiavi backup run --watch draait.
backups-done-backup = De back-up is gemaakt en opgeslagen.
backups-done-copy = De kopie { $name } is klaar.
backups-open-copy = { $name } openen
backups-failed = Er kwam niets van, en er is niets veranderd. Wie deze instantie beheert, vindt de reden in het logboek ervan.
backups-failed-gone = Er kwam niets van: het archief is er niet meer. Kies een ander.
backups-failed-damaged = Er kwam niets van: het archief is beschadigd of past niet. Kies een ander en zeg het wie deze instantie beheert.
backups-failed-name = Er kwam niets van: de naam { $name } is inmiddels bezet. Kies een andere.
backups-copy-lede = Een nieuwe tenant wordt wat { $name } was in de back-up van { $when }. { $name } zelf blijft zoals hij is.
backups-with-ended = Terughalen wat sindsdien eindigde
backups-with-ended-about = Gewiste personen, en verwijderde passkeys, gekoppelde accounts en API-sleutels. Alleen als juist hun einde de fout was: wie gewist wilde worden, zou terug zijn.
backups-with-keys = API-sleutels gelden ook bij de kopie
backups-with-keys-about = Die bij de tenant zelf gelden. Zonder dit kunnen programma’s die hem gebruiken de kopie niet per ongeluk bereiken.
backups-copy-about = Bij de kopie is niemand ingelogd. De kopie heeft een ander adres: browsers moeten inloggen, providers hebben de redirect-URI’s ervan nodig en passkeys gelden alleen waar ze gemaakt zijn.

# Sessions of a tenant
live-title = Sessies
live-lede = Wie nu is ingelogd, de laatste eerst.
live-empty = Er is op dit moment niemand ingelogd.
live-none = Geen sessie past bij uw zoekopdracht.
live-acting = Iemand handelt namens hen
live-end-of = { $name } uitloggen op { $device }

# Security of a tenant
security-title = Beveiliging
security-lede = Welke limieten gelden, wat ze weigerden en wie is buitengesloten.
security-quiet = { $count ->
    [one] { $count } limiet weigerde de afgelopen week niemand
   *[other] { $count } limieten weigerden de afgelopen week niemand
  }
security-locked = Nu buitengesloten
security-locked-lede = Wie een limiet op dit moment weigert, voor zover het logboek van de laatste 24 uur hen noemt.
security-locked-empty = Niemand is buitengesloten.
security-locked-guesses = { $count ->
    [one] { $count } adres heeft zijn foute codes opgebruikt.
   *[other] { $count } adressen hebben hun foute codes opgebruikt.
  }
security-locked-total = { $count ->
    [one] { $count } in totaal.
   *[other] { $count } in totaal; wie het langst wacht, staat hier.
  }
security-for = { $limit }: nog { $time }
security-refused-day = { $count ->
    [one] { $count } verzoek geweigerd in 24 uur
   *[other] { $count } verzoeken geweigerd in 24 uur
  }
security-everybody = Iedereen
security-unlock = Weer toelaten
security-unlock-of = Weer toelaten: { $name }
security-unlock-who = E-mail- of IP-adres
security-unlock-lede = Iemand die niet in de lijst staat: er wordt opnieuw geteld.
security-limits = Limieten
security-limits-lede = Wat elke limiet weigerde, volgens het logboek.
security-rate = { $limit } in { $time }
security-off = Uit
security-refused = Geweigerd: { $today } in 24 uur, { $week } in 7 dagen
security-refused-none = Niets geweigerd in 7 dagen
security-told-as = Wat ze weigerde, staat in het logboek bij
security-offenders = Het meest geweigerd in 7 dagen
security-untold = { $count ->
    [one] { $count } weigering van de laatste 7 dagen staat alleen als getal in het logboek, zonder de limiet: een vloed mag het niet vullen.
   *[other] { $count } weigeringen van de laatste 7 dagen staan alleen als getal in het logboek, zonder de limiet: een vloed mag het niet vullen.
  }
security-fixed = { $count ->
    [one] { $count } weigering was van een limiet die geen instelling verandert.
   *[other] { $count } weigeringen waren van limieten die geen instelling verandert.
  }
security-partial = Er was te veel om te lezen: dit zijn de gebeurtenissen sinds { $time }.
security-try = Een wijziging uitproberen
security-try-of = Een wijziging uitproberen: { $name }
security-try-lede = Wat een limiet in de laatste 7 dagen met een andere waarde geweigerd had. Er verandert niets door.
security-try-limit = Limiet
security-try-uses = Hoeveel
security-try-window = In hoeveel seconden
security-try-run = Opnieuw tellen
security-try-missing = Alleen limieten waarvan het gebruik in het logboek staat, worden aangeboden. Van paginaweergaven, sessiecontroles, captcha’s, passkeystappen, aanroepen van providers en API-sleutels heeft het te weinig.
security-try-did = In werkelijkheid
security-try-as-set = Zoals nu ingesteld: { $rate }
security-try-would = Met de wijziging: { $rate }
security-try-requests = Verzoeken
security-try-networks = Netwerken
security-try-people = Adressen of gebruikers
security-try-result = Wat wordt geweigerd
security-try-about = { $count ->
    [one] { $count } gebruik in het logboek, op volgorde geteld.
   *[other] { $count } keer gebruik in het logboek, op volgorde geteld.
  }
security-try-caveat = Weigeringen die het logboek alleen telde ontbreken, en niemand weet wat mensen anders hadden gedaan. De tweede rij telt hetzelfde met de waarde van nu: hoe verder ze van de eerste af is, hoe minder de derde zegt.
security-try-nameless = { $count ->
    [one] { $count } daarvan is van iemand die vergeten is en telt voor niemand.
   *[other] { $count } daarvan zijn van iemand die vergeten is en tellen voor niemand.
  }
security-try-fault = Dit kan niet worden uitgeprobeerd: { $fault }
security-blocked = Geblokkeerd
security-blocked-lede = Wat de instellingen helemaal weghouden (abuse).
security-blocked-networks = Netwerken die geen antwoord krijgen
security-blocked-domains = E-maildomeinen zonder nieuwe gebruikers
security-allowed-domains = De enige e-maildomeinen met nieuwe gebruikers
security-allowed-all = Alle
security-disposable = Wegwerpadressen
security-disposable-refused = Geen nieuwe gebruikers
security-disposable-allowed = Zoals andere
security-captcha = Captcha voordat een e-mail wordt verstuurd
security-captcha-none = Geen
security-captcha-work = Werk voor de browser
security-change = In de instellingen wijzigen
security-block = Blokkeren
security-block-of = { $name } blokkeren
security-block-title = { $network } blokkeren?
security-block-about = Wie daarvandaan komt, krijgt geen antwoord meer, tot het netwerk van de lijst met geblokkeerde wordt gehaald.
security-networks-hint = Eén per regel, als IP-adres of CIDR-blok, zoals 203.0.113.0/24.
security-domains-hint = Eén per regel, zoals example.com.
security-allowed-hint = Als er hier staan, kan niemand anders gebruiker worden. Eén per regel.
security-disposable-refuse = Nieuwe gebruikers met wegwerpadressen weigeren
security-set-rate = Zo instellen: { $rate }
limit-api-key-requests = Controles van één API-sleutel
limit-api-key-unknown = Onbekende API-sleutels uit één netwerk
limit-guesses = Foute codes voor één adres
limit-tokens = Eenmalige tokens van één gebruiker
limit-captcha = Captcha-antwoorden uit één netwerk
limit-check-network = Geprobeerde codes en links uit één netwerk
limit-check-tenant = Door iedereen samen geprobeerde codes
limit-send-address = Codes en links voor één adres
limit-send-network = Vanuit één netwerk gevraagde codes en links
limit-send-tenant = Codes en links voor iedereen samen
limit-general = Verzoeken voor één pad uit één netwerk
limit-passkey-credential = Mislukte pogingen met één passkey
limit-passkey-network = Passkeystappen uit één netwerk
limit-session-check = Sessiecontroles uit één netwerk
limit-social-calls = Aanroepen van providers voor één gebruiker
limit-social-failed = Mislukte logins via providers uit één netwerk
limit-social-network = Begonnen logins via providers uit één netwerk

# Ways to sign in to a tenant
methods-title = Inloggen
methods-lede = Hoe mensen mogen inloggen.
methods-ways = Manieren om in te loggen
methods-on = Aan
methods-off = Uit
methods-open = Open
methods-closed = Gesloten
methods-passkeys = Altijd aangeboden; wie er geen heeft, wordt gevraagd er een te maken.
methods-required = Wie een passkey heeft, logt met niets anders in, en iedereen moet er een hebben
methods-code = Altijd aanwezig: zo tonen mensen aan dat een adres van hen is.
methods-link = Een link in een e-mail leidt naar een pagina met een knop om in te loggen. Uw applicatie vraagt erom.
methods-link-offer = Inloggen met een link toestaan
methods-sign-up = Nieuwe accounts
methods-sign-up-about = Of iemand die er geen heeft een account kan maken.
methods-sign-up-open = Iedereen mag een account maken
methods-providers = Andere diensten
methods-providers-lede = Knoppen op de inlogpagina, in deze volgorde.
methods-providers-empty = Nog geen andere dienst.
provider-new = Dienst toevoegen
provider-without-secret = Geen geheim
provider-settings = De client daar
provider-id = Naam in adressen
provider-id-hint = Een bekende zoals google, github, microsoft, apple of gitlab heeft alleen een client nodig. Elke andere ook zijn discovery-adres.
provider-client-id = Client-ID
provider-client-secret = Clientgeheim
provider-secret-hint = Er is er een opgeslagen. Wat leeg blijft, blijft zoals het is.
provider-discovery-url = Discovery-adres
provider-discovery-hint = Van een provider van OpenID Connect; leeg bij een bekende.
provider-name = Naam op de knop (optioneel)
provider-redirect = Omleidingsadres
provider-redirect-lede = Vul precies dit in waar u de client registreert.
provider-test = Deze provider testen
provider-trial = Wat is gevonden
provider-discovery = Het discovery-document
provider-keys = De sleutels
provider-client = Of hij uw client kent
provider-passed = Goed
provider-unclear = Niet te zeggen
provider-remove = Verwijderen
provider-remove-of = { $name } verwijderen
provider-remove-confirm = Niemand kan er nog mee inloggen. Gekoppelde accounts blijven, voor de dag dat hij terugkomt.

# The instance, for the owners of the platform
instance-title = Instantie
instance-lede = Hoe de tenants van alle werkruimten draaien. Hun gebruikers, logs en geheimen staan hier niet: die ziet alleen wie lid is van hun werkruimte.
instance-tenants = Alle tenants
instance-processes = Processen
instance-jobs = Taken
instance-health = Gezondheid
instance-search = Tenant zoeken
instance-none = Geen tenant past bij deze zoekopdracht.
instance-tenants-empty = Er is nog geen tenant.
instance-tenant = Tenant
instance-size = { $size } aan gegevens
instance-schema = Schema { $version }
instance-backed-up = Back-up { $ago }
instance-unbacked = Nog geen back-up
instance-made = Aangemaakt { $ago }
instance-processes-lede = Wat op deze machine draait, met hoeveel geheugen en hoe lang al. Kijken start niets.
instance-services = Die van de instantie
instance-isolated = Elk moet alle lagen van de sandbox hebben, behalve launcher en PostgreSQL, waarvoor die niet geldt.
instance-rootless = Zonder root ontbreken lagen van de sandbox en delen tenants een account: alleen voor ontwikkeling.
instance-engines = Engines
instance-engines-lede = Eén per tenant. Wie rust, neemt geen geheugen in en start bij het volgende verzoek.
instance-engines-empty = Nog geen tenant heeft een engine.
instance-role = Proces
instance-memory = Eigen geheugen
instance-started = Gestart
instance-sandbox = Sandbox
instance-confined = Houdt
instance-unconfined = Geen
instance-failures = Fouten op rij
instance-down = Draait niet
instance-starting = Start
instance-draining = Eindigt
instance-reading-log = Leest een logboek uit
instance-paused = Pauze na fouten
instance-starts-again = opnieuw { $date }, { $time } UTC
instance-jobs-lede = Tenants die nog niet zijn zoals ze moeten zijn. Wat mislukte, wordt vanzelf opnieuw geprobeerd.
instance-jobs-empty = Er is niets bezig: elke tenant is zoals die moet zijn.
job-to-run = Wordt gereedgemaakt
job-to-suspend = Wordt opgeschort
job-to-delete = Wordt gestopt om te worden verwijderd
job-to-destroy = Wordt vernietigd
job-to-import = Wordt gevuld met gegevens van elders
job-to-spare = Wordt vooraf gemaakt, voor de volgende aanvraag
job-retries = Nieuwe poging { $date }, { $time } UTC
job-attempts = { $attempts ->
    [one] { $attempts } poging
   *[other] { $attempts } pogingen
  }
instance-health-lede = Zojuist bekeken.
health-ok = In orde
health-unchecked = Niet gecontroleerd
health-warning = Vraagt aandacht
health-fault = Werkt niet
health-database = Database
health-gateway = Inkomende verbindingen
health-outbound = E-mail en andere servers
health-auditor = Verzegeling van logs
health-audit-logs = Auditlogs
health-vault = Kluis
health-lost-tenants = Terug te zetten gegevens
health-disk = Schijf
health-clock = Klok
health-isolation = Isolatie
health-not-looked = niet gecontroleerd: { $why }
health-no-launcher = de launcher antwoordt niet
health-no-database = de database antwoordt niet
health-no-disk = hij kon niet worden bekeken
health-no-clock = de kernel zegt niet hoe het ermee staat
health-database-answers = hij antwoordt
health-database-silent = hij antwoordt niet: niemand kan inloggen
health-runs = het proces draait
health-gateway-down = het proces draait niet: niemand komt binnen
health-outbound-down = het proces draait niet: e-mail wacht en geen provider is bereikbaar
health-auditor-down = het proces draait niet: gebeurtenissen worden geschreven en verzegeld zodra het terug is
health-auditor-behind = gebeurtenissen wachten al { $waited } s op verzegeling, in { $logs } logboeken
health-logs-hold = geen enkele spreekt tegen wat zijn getuige heeft gezien
health-logs-contradict = die van { $names } spreken tegen wat hun getuige heeft gezien en worden niet verder verzegeld: is een database door een oudere kopie vervangen? Zie docs/operations.md
health-vault-works = geheimen zijn op te halen ({ $driver })
health-vault-silent = de kluis antwoordt niet op tijd
health-jobs-none = elke tenant is waar die moet zijn
health-jobs-under-way = { $all } bezig
health-jobs-failed = { $failed } van { $all } zijn mislukt en worden opnieuw geprobeerd: zie kiavi instance jobs
health-engines-run = { $number } draaien, de andere slapen
health-engines-paused = { $number } zijn uitgevallen en worden na een pauze opnieuw gestart
health-engines-quarantined = { $number } in quarantaine na verboden systeemaanroepen en niet meer gestart: kijk in het logboek
health-backups-none = er worden er geen vanzelf gemaakt: zie kiavi backup schedule
health-backups-unreadable = het schema is niet te lezen: zie kiavi backup schedule
health-backups-without-instance = de instantie zelf zit in geen archief: noem een --recipient die het kan openen als alles verloren is
health-backups-good = de instantie en { $tenants } tenants, op tijd geback-upt en getest; de identiteit van de beheerder: { $identity }
health-identity-tried = laatst getest op { $date }
health-identity-untried = nooit getest (kiavi backup drill --instance --identity FILE)
health-backups-untried = niet op tijd bij wijze van proef teruggezet: { $names }
health-backups-late = geen archief van de laatste dag: { $names }
health-domains-hold = geen is vervallen en geen wacht al dagen op zijn record
health-domains-lapsed = vervallen, het record is weg: { $names }
health-domains-pending = wachtend, het record kwam nooit: { $names }
health-domain-since = { $domain } van { $tenant } sinds { $since }
health-certificates-hold = elke naam heeft er een en geen verloopt binnenkort
health-certificates-ending = verlopen binnenkort en konden niet worden vernieuwd: { $names }
health-certificates-without = konden nog niet worden gemaakt, dus browsers komen er niet in: { $names }
health-certificates-see = { $which }; zie kiavi certificate list
health-lost-none = de gegevens van elke tenant zijn er
health-lost = zet deze terug uit hun archieven: { $names }
health-instance-itself = de instantie zelf
health-and-more = { $names } en nog { $more }
health-disk-files = { $percent }% van de bestanden die erop kunnen, is over: een tenant heeft er 400
health-disk-free = { $free } GB is vrij ({ $percent }%)
health-disk-low = { $left }: maak op tijd ruimte
health-disk-full = { $left }: maak ruimte, anders stopt PostgreSQL en kan niemand meer inloggen
health-clock-in-step = wordt gelijk gehouden, hooguit { $milliseconds } ms ernaast
health-clock-free = niets houdt hem gelijk, of niemand heeft het de kernel verteld: installeer chrony of systemd-timesyncd. Codes en sessies verlopen ernaar, en andere servers weigeren tokens uit de toekomst
health-isolated = elke laag van de sandbox is vereist
health-isolated-groups = elke laag van de sandbox is vereist; controlegroepen (versie { $version }) houden elke engine aan zijn deel
health-isolated-no-groups = elke laag van de sandbox is vereist, maar er zijn geen controlegroepen: elke engine wordt alleen door zijn eigen limieten begrensd, en een drukke kan andere vertragen. kiavi doctor zegt waarom
health-rootless = zonder root: tenants delen één account; alleen voor ontwikkeling

# Members of the console
domains-lede = De namen waaronder deze tenant bereikbaar is.
domains-names = Namen
certificates-title = Certificaten
certificate-good = Het certificaat van { $issuer } verloopt { $date }.
certificate-ended = Het certificaat is { $date } verlopen: browsers weigeren hierheen te gaan.
certificate-none = Er is nog geen certificaat: browsers kunnen hier niet komen.
certificate-pending = Het certificaat wordt gemaakt.
certificate-unverified = De certificaatautoriteit heeft deze dienst niet onder de naam gevonden. Laat de A- en AAAA-records hierheen leiden.
certificate-limited = De certificaatautoriteit vraagt het later opnieuw te proberen.
certificate-forbidden = Een CAA-record van het domein noemt andere certificaatautoriteiten. Voeg deze toe.
certificate-refused = De certificaatautoriteit weigert deze naam. Vraag wie deze instantie beheert.
certificate-unreachable = De certificaatautoriteit is niet bereikbaar.
certificate-other = Het certificaat kon niet worden gemaakt. Vraag wie deze instantie beheert.
certificate-again = Nieuwe poging { $date }, { $time } UTC.
certificate-says = Zij zegt: { $detail }
certificate-renew = Opnieuw proberen
certificate-renew-of = Opnieuw proberen een certificaat voor { $domain } te krijgen
domains-title = Domeinen
domains-primary = Hoofdnaam
domains-checked = Laatst gezocht { $time }.
domains-verify = Record opzoeken
domains-verify-of = Record van { $domain } opzoeken
domains-remove = Verwijderen
domains-remove-of = { $domain } verwijderen
domains-remove-confirm = Niemand kan daar nog inloggen, en een andere tenant kan het domein verifiëren.
domains-record = Het record van { $domain }
domains-record-name = Naam
domains-record-type = Type
domains-record-value = Waarde
domains-add = Een domein toevoegen
domains-add-lede = Daarna zet u in de DNS een record dat aantoont dat het van u is. Tot dan verandert er niets.
domains-label = Domein
domain-served = In gebruik
domain-former = Vroeger
domain-pending = Wacht op het record
domain-verified = Geverifieerd
domain-missing = Record ontbreekt
domain-lapsed = Vervallen
domain-own-about = Deze hoort bij de naam van de tenant.
domain-former-about = Deze leidt nog een tijd naar de hoofdnaam.
domain-given-about = De beheerder heeft deze ingesteld, zonder record.
domain-pending-about = Zet het record hieronder en zoek het dan op. Dat kan enkele minuten duren.
domain-verified-about = Laat het record staan.
domain-missing-about = Het is nog in gebruik. Zet het record hieronder weer terug.
domain-lapsed-about = Het record ontbreekt al dagen. Het domein blijft in gebruik tot een andere tenant het verifieert.
console-nav = Werkruimte
palette-open = Ga naar…
palette-keys = Ctrl K
palette-label = Pagina, tenant of persoon
palette-none = Niets gevonden
palette-people = Gebruikers zoeken: ‘{ $text }’
workspace-switch = Van werkruimte wisselen
workspace-new = Nieuwe werkruimte
workspace-new-lede = Een werkruimte heeft eigen tenants, sleutels en leden. U wordt de eigenaar.
workspace-name = Naam
workspace-slug = Naam in adressen
workspace-slug-hint = Kleine letters, cijfers en koppeltekens.
workspace-create = Werkruimte maken
workspace-rename = Deze werkruimte hernoemen
team-title = Team
team-lede = Wie in { $workspace } werkt en wat zij mogen.
team-members = Leden
team-alone = U bent hier alleen. Nodig de mensen uit met wie u werkt.
team-you = U
team-joined = Lid geworden: { $time }
team-role = Rol
team-role-of = Rol wijzigen: { $name }
team-role-change = Rol wijzigen
team-remove = Verwijderen
team-remove-of = { $name } verwijderen
team-remove-confirm = Vanaf dit moment ziet en doet deze persoon niets meer in { $workspace }.
team-remove-keys = Beheersleutels waarvan deze persoon het geheim kent, worden ingetrokken: { $keys }. Wilt u er een behouden, vernieuw die dan eerst zelf.
team-role-keys = Beheersleutels waarvan deze persoon het geheim kent, mogen alleen nog wat de nieuwe rol mag: { $keys }.
team-invitations = Uitnodigingen
team-invitations-empty = Op dit moment is niemand uitgenodigd.
team-invite = Iemand uitnodigen
team-invite-lede = De persoon krijgt een e-mail met een link. Die werkt 7 dagen en alleen voor dit adres.
team-invite-send = Uitnodiging versturen
team-invited = Uitgenodigd: { $time }
team-invite-expired = Verlopen
team-resend = Opnieuw versturen
team-resend-of = Uitnodiging opnieuw versturen naar { $email }
team-revoke = Intrekken
team-revoke-of = Uitnodiging aan { $email } intrekken
team-roles = Wat de rollen mogen
role-owner = Eigenaar
role-owner-about = Alles, ook de werkruimte zelf.
role-admin = Beheerder
role-admin-about = Alles behalve de werkruimte zelf: tenants, instellingen, sleutels en leden.
role-developer = Ontwikkelaar
role-developer-about = Bouwt: tenants, instellingen en sleutels. Verwijdert geen tenants en beheert geen leden.
role-support = Support
role-support-about = Helpt gebruikers en kan namens hen handelen. Wijzigt geen configuratie.
role-viewer = Kijker
role-viewer-about = Ziet alles, wijzigt niets.
role-auditor = Auditor
role-auditor-about = Leest alleen het logboek en het bewijs.
role-privacy = Privacy
role-privacy-about = Beantwoordt verzoeken van betrokkenen en behandelt incidenten.
owner-title = Eigenaar worden
owner-lede = U bent ingelogd als { $email }. Als eigenaar van { $workspace } mag u daar alles en kunt u anderen uitnodigen.
invitation-title = Lid worden van { $workspace }
invitation-lede = { $inviter } nodigt u uit als { $role }. U bent ingelogd als { $email }.
invitation-accept = Lid worden
invitation-accept-of = Lid worden van { $workspace } als { $role }
invitation-later = Nu niet
no-workspace-title = Nog geen werkruimte
no-workspace-lede = U bent ingelogd als { $email }, maar u bent van geen enkele werkruimte lid. Vraag een lid om dit adres uit te nodigen.
no-owner-title = Deze instantie heeft nog geen eigenaar
no-owner-lede = U bent ingelogd als { $email }. Wie deze instantie beheert, wordt eigenaar met de link die bij het starten is getoond; ‘kiavi console first-owner’ toont een nieuwe.
no-workspace-invited = U bent uitgenodigd
link-gone-title = Deze link werkt niet meer
link-gone-invitation = Hij is verlopen, gebruikt of ingetrokken, of er is een nieuwere verstuurd. Vraag om een nieuwe uitnodiging.
link-gone-owner = Hij is verlopen of al gebruikt. Wie deze instantie beheert, krijgt een nieuwe met ‘kiavi console first-owner’.
owner-exists-title = Er is al een eigenaar
owner-exists-lede = Deze link was voor de eerste eigenaar. Vraag de eigenaar om een uitnodiging.
wrong-address-title = Deze uitnodiging is voor een ander adres
wrong-address-lede = De uitnodiging is naar { $invited } gestuurd, en u bent ingelogd als { $email }. Log in met het adres waar de uitnodiging naartoe is gestuurd.
wrong-address-switch = Inloggen met een ander adres
unverified-title = Bevestig eerst uw adres
unverified-lede = Niets toont nog dat { $email } van u is. Log één keer in met een code per e-mail en open de link opnieuw.
entry-failed-title = Het inloggen is niet gelukt
entry-failed-lede = Het duurde te lang, was al gebruikt of begon in een andere browser. Begin hier opnieuw.
prove-title = Bevestig dat u het bent
prove-lede = U bent ingelogd als { $email }. Gebruik uw passkey om verder te gaan: een code telt hier niet.
prove-confirm = Mijn passkey gebruiken
prove-failed = Dat is niet gelukt. Probeer het opnieuw met een passkey van dit account.
prove-none = U hebt nog geen passkey. Maak er een, dan komt u hier terug.
prove-no-script = Uw browser voert hier geen scripts uit, dus een passkey kan niet worden gebruikt. Gebruik een andere browser.

# De galerij van een ontwikkelinstantie
components-title = Bouwstenen
components-lede = Elke pagina in elke toestand, met verzonnen mensen. Alleen kiavi dev heeft deze pagina.
components-look = Uiterlijk
components-look-ours = Kiavi
components-look-of = Tenant { $number }
components-mails = E-mails

# Postvak
mailbox-title = Postvak
mailbox-lede = Elke e-mail van deze ontwikkelomgeving komt hier terecht. Er verlaat er geen deze computer.
mailbox-empty-title = Nog geen e-mail
mailbox-empty-lede = Vraag een inlogcode aan en hij verschijnt hier vanzelf.
mailbox-to = Aan { $email }
mailbox-copy-code = Code { $code } kopiëren
mailbox-count = { $count ->
    [one] { $count } e-mail
   *[other] { $count } e-mails
  }

# Tijd
time-now = zojuist
time-today = vandaag
time-yesterday = gisteren
time-minutes-ago = { $minutes ->
    [one] { $minutes } minuut geleden
   *[other] { $minutes } minuten geleden
  }
time-hours-ago = { $hours ->
    [one] { $hours } uur geleden
   *[other] { $hours } uur geleden
  }
time-days-ago = { $days ->
    [one] { $days } dag geleden
   *[other] { $days } dagen geleden
  }
wait-over = U kunt het nu opnieuw proberen.
time-left-seconds = { $seconds ->
    [one] { $seconds } seconde
   *[other] { $seconds } seconden
  }
time-left-minutes = { $minutes ->
    [one] { $minutes } minuut
   *[other] { $minutes } minuten
  }
time-left-hours = { $hours ->
    [one] { $hours } uur
   *[other] { $hours } uur
  }
time-left-days = { $days ->
    [one] { $days } dag
   *[other] { $days } dagen
  }
time-on-date = op { $day } { $monthName } { $year }
time-month = { $month ->
    [1] januari
    [2] februari
    [3] maart
    [4] april
    [5] mei
    [6] juni
    [7] juli
    [8] augustus
    [9] september
    [10] oktober
    [11] november
   *[12] december
  }

# Meldingen: wat er gebeurde, dan wat te doen
notice-code-wrong = Deze code klopt niet. Kijk in de nieuwste e-mail en probeer het opnieuw.
notice-code-expired = Deze code is verlopen. Vraag een nieuwe aan.
notice-code-tries = Te veel foute codes. Vraag een nieuwe code aan en gebruik die.
notice-code-other-browser = Deze code hoort bij de browser die erom vroeg. Vraag hier een nieuwe aan.
notice-code-sent = We hebben u een nieuwe code gestuurd. De oude werkt niet meer.
notice-link-expired = Deze link is verlopen of al gebruikt. Vraag een nieuwe aan.
notice-deletion-mail-sent = We hebben u een e-mail gestuurd. Open de link daarin in deze browser om uw account te verwijderen.
notice-email-invalid = Vul een e-mailadres in zoals naam@example.com.
notice-passkey-cancelled = Werkt de passkey niet? Gebruik een code per e-mail.
notice-passkey-unknown = Deze passkey is uit uw account verwijderd. Gebruik een code per e-mail en maak daarna een nieuwe aan.
notice-passkey-unsupported = Deze browser kan geen passkeys gebruiken. Gebruik een code per e-mail.
notice-passkey-exists = Dit apparaat heeft al een passkey voor uw account.
notice-passkey-verification = Uw apparaat bevestigde niet dat u het bent. Stel een schermvergrendeling of pincode in en probeer het opnieuw.
notice-passkey-wrong-domain = Passkeys werken niet op dit adres. Open de gewone inlogpagina.
notice-passkey-timeout = Dat duurde te lang. Probeer het opnieuw.
notice-passkey-failed = De passkey kon niet worden gecontroleerd. Probeer het opnieuw of gebruik een code per e-mail.
notice-passkey-create-cancelled = Er is geen passkey aangemaakt. Probeer het opnieuw of doe het later.
notice-passkey-created = Uw passkey is klaar. Gebruik hem als u weer inlogt.
notice-passkey-renamed = De passkey heeft een nieuwe naam.
notice-passkey-removed = De passkey is verwijderd.
notice-passkey-gone = Die passkey was al verwijderd.
notice-passkey-last = Dit is uw enige manier om in te loggen. Bevestig eerst uw e-mailadres.
notice-passkey-held = U bent per e-mail ingelogd, dus eerdere passkeys blijven nog even. Log in met een ervan, of wacht.
notice-email-same = Dit adres hebt u al.
notice-email-taken = Iemand heeft een account met dit adres. Gebruik een ander.
notice-email-changed = Uw e-mailadres is gewijzigd.
notice-profile-saved = Uw profiel is opgeslagen.
notice-name-invalid = Vul een naam in van hoogstens 100 tekens.
notice-session-revoked = Het apparaat is uitgelogd.
notice-sessions-revoked = Alle andere apparaten zijn uitgelogd.
notice-session-ended = U bent uitgelogd. Log opnieuw in om door te gaan.
notice-sign-in-again = Log voor uw veiligheid opnieuw in om dit te wijzigen.
notice-flow-expired = Dat duurde te lang. Begin opnieuw.
notice-rate-limited = Te veel pogingen. Probeer het over { $time } opnieuw.
notice-too-many = Te veel pogingen. Wacht even en probeer het dan opnieuw.
notice-suspended = Dit account is geblokkeerd. Neem contact op met de helpdesk.
notice-passkey-required = Dit account heeft een passkey, dus een code of link logt niet meer in. Gebruik uw passkey.
notice-sign-up-closed = Nieuwe accounts zijn hier niet mogelijk. Vraag om een uitnodiging.
notice-provider-denied = De andere dienst stond het inloggen niet toe. Probeer het opnieuw of gebruik een code.
notice-provider-unverified = De andere dienst heeft uw e-mailadres niet bevestigd. Gebruik een code.
notice-provider-failed = De andere dienst antwoordde niet zoals verwacht. Probeer het opnieuw of gebruik een code.
notice-account-conflict = U hebt al een account. Bevestig met een passkey of een code.
notice-account-linked = Het is gekoppeld. U kunt er voortaan mee inloggen.
notice-account-unlinked = Het is ontkoppeld.
notice-account-gone = Dat account was al ontkoppeld.
notice-account-last = Dit is uw enige manier om in te loggen. Maak eerst een passkey of log één keer in met een code per e-mail.
notice-account-other-email = Dat account heeft een ander e-mailadres dan u hier hebt en is daarom niet gekoppeld.
notice-account-taken = Dat account is hier aan iemand anders gekoppeld.
notice-account-unable = Het kon niet worden gekoppeld: de andere dienst heeft uw e-mailadres niet bevestigd of u bent intussen uitgelogd. Probeer het opnieuw.
notice-connect-other = U bent bij een ander account ingelogd, dus er is niets gekoppeld. Begin opnieuw om het hier te koppelen.
notice-connect-expired = U bent ingelogd, maar het koppelen duurde te lang. Koppel het op uw accountpagina.
notice-connect-needs-code = Gebruik een code per e-mail om het te koppelen: uw e-mailadres is hier nooit bevestigd.
notice-not-while-acting = U handelt als iemand anders. Alleen die persoon kan dit wijzigen.
notice-acting-stopped = U handelt weer als uzelf.
notice-acting-link = Deze link is gebruikt of ouder dan een minuut. Begin opnieuw in de console.
notice-acting-refused = Niemand kan nu als deze persoon handelen. Bekijk de pagina van de persoon in de console.
notice-member-invited = De uitnodiging is onderweg.
notice-member-exists = Deze persoon is al lid.
notice-member-role-changed = De rol is gewijzigd.
notice-member-removed = Het lid is verwijderd.
notice-member-role-keys = De rol is gewijzigd. De beheersleutels van deze persoon mogen nu minder.
notice-member-removed-keys = Het lid is verwijderd en de beheersleutels die het kende, zijn ingetrokken.
notice-member-owner-last = Een werkruimte heeft een eigenaar nodig. Maak eerst iemand anders eigenaar.
notice-member-role-above = U kunt geen rol geven of ontnemen die meer mag dan de uwe.
notice-member-forbidden = Uw rol staat dit niet toe.
notice-invitation-resent = De uitnodiging is opnieuw verstuurd. De eerdere link werkt niet meer.
notice-invitation-revoked = De uitnodiging is ingetrokken.
notice-invitation-exists = Dit adres is al uitgenodigd. Verstuur die uitnodiging opnieuw.
notice-invitation-paused = Deze uitnodiging is net pas verstuurd. Wacht vijf minuten en verstuur die dan opnieuw.
notice-invitation-gone = Deze uitnodiging is intussen beantwoord of ingetrokken.
notice-workspace-renamed = De werkruimte heeft een nieuwe naam.
notice-workspace-exists = Er is al een werkruimte met die naam. Kies een andere.
notice-workspace-name = Voer een naam van hoogstens 100 tekens in, en voor adressen kleine letters, cijfers en koppeltekens binnenin.
notice-domain-added = Het domein is toegevoegd. Zet nu het record.
notice-domain-proved = Het record is er. Het domein is in gebruik.
notice-domain-absent = Het record is er nog niet. Dat kan enkele minuten duren.
notice-domain-different = Er is een record, maar er staat iets anders in. Vergelijk de waarde.
notice-domain-unanswered = Geen enkele naamserver antwoordde. Probeer het opnieuw.
notice-domain-taken = Dit domein, of een erboven of eronder, is al in gebruik.
notice-domain-invalid = Vul een domein van u in, zoals auth.example.com.
notice-certificate-asked = Er is een certificaat aangevraagd. Dat duurt seconden of enkele minuten.
notice-certificate-limit = Er zijn zojuist vaak certificaten van deze tenant aangevraagd. Het wordt vanzelf opnieuw geprobeerd; vraag het over enkele minuten nog eens.
notice-domain-limit = Deze tenant heeft zoveel domeinen als mag. Verwijder er eerst een.
notice-domain-removed = Het domein is verwijderd.
notice-domain-primary = De hoofdnaam kan niet worden verwijderd.
notice-domain-gone = Dit domein is intussen verwijderd.
notice-backup-no-place = Deze instantie heeft nog geen plek voor archieven. Wie de instantie beheert, moet er een noemen.
notice-backup-gone = Die back-up wordt niet meer bewaard.
notice-backup-under-way = Er is al iets gaande. Deze pagina zegt hoe ver het is.
notice-backup-too-many = Dat is zo vaak aangevraagd als op een dag mag. Probeer het morgen weer.
notice-step-up-done = Dank u. De komende vijf minuten kunt u dit doen.
notice-user-role-changed = De rol van deze persoon is gewijzigd.
notice-user-role-empty = Een gebruiker heeft minstens één rol.
notice-user-banned = De persoon is geblokkeerd en overal uitgelogd.
notice-user-unbanned = De persoon kan weer inloggen.
notice-user-session-ended = Deze sessie is beëindigd.
notice-user-sessions-ended = De persoon is overal uitgelogd.
notice-user-created = De persoon is toegevoegd.
notice-user-exists = Iemand heeft dit adres al.
notice-user-passkey-removed = De persoon kan met die passkey niet meer inloggen.
notice-user-passkey-gone = Deze passkey van de persoon was al verwijderd.
notice-user-key-off = Programma’s die deze sleutel gebruiken worden vanaf nu geweigerd.
notice-user-key-on = Programma’s kunnen deze sleutel weer gebruiken.
notice-user-key-gone = De persoon heeft deze sleutel niet meer.
notice-user-removed = De gebruiker is verwijderd.
notice-user-gone = Deze gebruiker bestaat niet meer.
notice-user-refused = De tenant heeft dit niet geaccepteerd. Laad de pagina opnieuw en probeer het nog eens.
notice-user-act-reason = Zeg waarom, in 3 tot 200 tekens.
notice-user-act-admin = Niemand handelt als beheerder van de applicatie.
notice-user-act-banned = Niemand handelt als iemand die geschorst is.
notice-user-act-off = Handelen als iemand anders staat uit in de instellingen van deze tenant.
notice-settings-saved = Opgeslagen. De tenant draait er binnen een seconde mee.
notice-settings-meanwhile = Iemand anders heeft de instellingen intussen gewijzigd. Bekijk hieronder de nieuwste versie en probeer het opnieuw.
notice-provider-exists = Er is al een dienst met deze naam. Wijzig die.
notice-provider-gone = Deze dienst bestaat niet meer.
notice-provider-removed = De dienst is verwijderd.
notice-mail-retried = Het verzenden wordt nu geprobeerd.
notice-mail-not-waiting = Deze mail wacht niet meer.
notice-mail-lifted = Dit adres krijgt weer e-mail.
notice-mail-not-suppressed = Dit adres stond niet op de lijst: het krijgt e-mail.
notice-isolation-tried = De isolatie is geprobeerd; hieronder staat wat er gevonden is.
notice-isolation-busy = De isolatie wordt al geprobeerd. Kijk over enkele seconden opnieuw.
notice-isolation-often = De isolatie is zo vaak geprobeerd als in een uur mag. Probeer het later opnieuw.
notice-isolation-resting = De tenant draait niet, dus er valt niets te proberen.
notice-unlocked = Weer toegelaten.
notice-not-locked = Geen enkele limiet houdt hier iemand buiten.
notice-network-kept-out = Het netwerk is geblokkeerd. Het staat in de lijst hieronder.
notice-unlock-who = Dat is geen e-mailadres en geen IP-adres.
notice-tenant-name = Een naam heeft ten hoogste 63 kleine letters a tot z, cijfers en koppeltekens ertussen, zoals shop.
notice-tenant-name-reserved = Deze naam is gereserveerd. Kies een andere.
notice-tenant-name-taken = Een andere tenant heeft of had deze naam. Kies een andere.
notice-key-revoked = De sleutel is ingetrokken. Hij opent niets meer.
notice-key-gone = Deze sleutel is niet meer actief.
notice-key-name = Geef de sleutel een naam van ten hoogste 100 tekens.
notice-key-scopes = Kies wat de sleutel mag, en niets wat u zelf niet mag.
notice-webhook-saved = Opgeslagen. Wat vanaf nu gebeurt, wordt zo verstuurd.
notice-webhook-removed = Het eindpunt is verwijderd.
notice-webhook-exists = Er is al een eindpunt met deze naam. Kies een andere naam.
notice-webhook-gone = Dit eindpunt bestaat niet meer.
notice-webhook-enabled = Wat wacht, wordt nu verstuurd.
notice-webhook-replayed = Het wordt opnieuw verstuurd. Laad de pagina zo opnieuw om te zien wat ervan werd.
notice-webhook-not-replayed = Dit kan nu niet worden verstuurd: het eindpunt krijgt niets, of de gebeurtenis is al onderweg.
notice-view-saved = De weergave is opgeslagen.
notice-view-renamed = De weergave heeft een nieuwe naam.
notice-view-deleted = De weergave is verwijderd.
notice-view-name = Geef de weergave een naam van ten hoogste 60 tekens.
notice-view-exists = U hebt al een weergave met deze naam.
notice-view-limit = Meer weergaven van deze tenant kunnen er niet zijn. Verwijder er eerst een.
notice-view-gone = Deze weergave is er niet meer.
notice-engine-away = De tenant antwoordt op dit moment niet. Probeer het over enkele seconden opnieuw.
notice-cookies-blocked = Uw browser blokkeert cookies. Sta ze toe voor deze pagina en probeer het opnieuw.
notice-offline = U bent offline. Controleer uw verbinding en probeer het opnieuw.
notice-wrong-origin = Dit formulier kwam van een andere pagina. Vul het hier opnieuw in.
notice-captcha-failed = De controle tegen spam is niet gelukt. Probeer het opnieuw.
notice-network-blocked = Uw netwerk is hier geblokkeerd. Probeer het vanaf een ander netwerk of vraag het de beheerder van deze site.
notice-maintenance = We doen onderhoud. Probeer het over een paar minuten opnieuw.
notice-unexpected = Er ging iets mis. Probeer het opnieuw.

# E-mail
mail-code-subject = { $code } is uw code voor { $app }
mail-code-verify-subject = { $code } bevestigt uw e-mailadres voor { $app }
mail-code-title = Uw inlogcode
mail-code-verify-title = Bevestig uw e-mailadres
mail-code-lede = Vul deze code in om in te loggen bij { $app }:
mail-code-verify-lede = Vul deze code in bij { $app } om te bevestigen dat dit adres van u is:
mail-code-valid = { $minutes ->
    [one] Hij is { $minutes } minuut geldig en werkt één keer.
   *[other] Hij is { $minutes } minuten geldig en werkt één keer.
  }
mail-code-warning = Geef deze code nooit aan iemand. Onze medewerkers vragen er nooit om.
mail-code-ignore = Niet aangevraagd? Dan hoeft u niets te doen: zonder de code kan niemand inloggen.
mail-link-subject = Inloggen bij { $app }
mail-link-title = Uw inloglink
mail-link-lede = Open deze link om in te loggen bij { $app }:
mail-link-valid-hours = { $hours ->
    [one] Hij is { $hours } uur geldig en werkt één keer.
   *[other] Hij is { $hours } uur geldig en werkt één keer.
  }
mail-link-ignore = Stuur deze e-mail niet door: wie de link opent, logt in als u. Hebt u er niet om gevraagd? Dan hoeft u niets te doen.
mail-invitation-subject = { $inviter } nodigt u uit voor { $workspace }
mail-invitation-title = U bent uitgenodigd
mail-invitation-lede = { $inviter } nodigt u uit om in { $workspace } bij { $app } te werken. De link openen doet nog niets; u beslist op de pagina.
mail-invitation-button = Uitnodiging bekijken
mail-invitation-ignore = De uitnodiging is alleen voor dit adres. Had u geen uitnodiging verwacht? Dan hoeft u niets te doen.
mail-link-valid-days = { $days ->
    [one] Hij is { $days } dag geldig en werkt één keer.
   *[other] Hij is { $days } dagen geldig en werkt één keer.
  }
mail-delete-subject = Bevestig dat u uw account bij { $app } wilt verwijderen
mail-delete-lede = Open deze link om uw account bij { $app } te verwijderen. Alles wat erin staat wordt voorgoed verwijderd.
mail-delete-ignore = Hebt u hier niet om gevraagd? Dan is iemand anders ingelogd als u: log in en log alle andere apparaten uit.
mail-changed-subject = Uw e-mailadres voor { $app } is gewijzigd
mail-changed-title = Uw e-mailadres is gewijzigd
mail-changed-lede = U logt nu in bij { $app } met { $email }. Dit adres werkt daar niet meer.
mail-changed-advice = Was u dit niet? Neem meteen contact op met de helpdesk.
mail-deleted-subject = Uw account bij { $app } is verwijderd
mail-deleted-lede = Uw account bij { $app } en alles wat erin stond is verwijderd.
mail-deleted-advice = Hebt u hier niet om gevraagd? Neem meteen contact op met de helpdesk.
mail-account-linked-subject = Er is een account bij { $provider } gekoppeld aan uw account voor { $app }
mail-account-linked-title = Er is een account gekoppeld
mail-account-linked-lede = Met een account bij { $provider } kan voortaan worden ingelogd op uw account voor { $app }.
mail-account-linked-advice = Was u dit niet? Log meteen in, ontkoppel dat account en log alle andere apparaten uit.
mail-account-unlinked-subject = Er is een account bij { $provider } ontkoppeld van uw account voor { $app }
mail-account-unlinked-title = Er is een account ontkoppeld
mail-account-unlinked-lede = Met een account bij { $provider } kan niet meer worden ingelogd op uw account voor { $app }.
mail-account-unlinked-advice = Was u dit niet? Log meteen in, controleer uw gekoppelde accounts en log alle andere apparaten uit.
mail-passkey-added-subject = Er is een passkey toegevoegd aan uw account voor { $app }
mail-passkey-added-title = Er is een passkey toegevoegd
mail-passkey-added-lede = Een nieuwe passkey kan inloggen op uw account voor { $app }.
mail-passkey-added-advice = Was u dit niet? Log meteen in, verwijder deze passkey en log alle andere apparaten uit.
mail-passkey-removed-subject = Er is een passkey verwijderd van uw account voor { $app }
mail-passkey-removed-title = Er is een passkey verwijderd
mail-passkey-removed-lede = Een passkey kan niet meer inloggen op uw account voor { $app }.
mail-passkey-removed-advice = Was u dit niet? Log meteen in, controleer uw passkeys en log alle andere apparaten uit.
mail-passkey-removed-support-lede = De helpdesk heeft een passkey van uw account voor { $app } verwijderd. Hij kan niet meer inloggen.
mail-recovery-subject = Iemand is bij { $app } ingelogd zonder uw passkey
mail-recovery-title = Er is ingelogd zonder uw passkey
mail-recovery-lede = { $hours ->
    [one] Iemand is per e-mail bij uw account voor { $app } ingelogd, terwijl het passkeys heeft. { $hours } uur lang kunnen die niet worden verwijderd.
   *[other] Iemand is per e-mail bij uw account voor { $app } ingelogd, terwijl het passkeys heeft. { $hours } uur lang kunnen die niet worden verwijderd.
  }
mail-recovery-advice = Was u dat niet? Log meteen in met uw passkey, verwijder onbekende passkeys, log alle andere apparaten uit en controleer uw mailbox.
mail-test-subject = Testmail van { $app }
mail-test-title = E-mail komt aan
mail-test-lede = E-mail van { $app } komt aan op dit adres.
mail-test-advice = Wie { $app } beheert, probeert de mailserver uit. U hoeft niets te doen.
mail-when-device = Dit gebeurde { $date } om { $time } (UTC). Apparaat: { $device }.
mail-when = Dit gebeurde { $date } om { $time } (UTC).

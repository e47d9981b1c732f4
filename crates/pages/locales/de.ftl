# Rahmen
skip-to-content = Zum Inhalt springen
language = Sprache
secured-by = Gesichert mit Kiavi
foot-links = Bedingungen und Hilfe
foot-terms = Nutzungsbedingungen
foot-privacy = Datenschutz
foot-support = Hilfe
acting-label = Im Namen einer anderen Person
acting-as = Sie handeln bis { $time } UTC als { $user }, angemeldet von { $admin }.
acting-stop = Beenden
acting-title = Als { $name } handeln
acting-lede = Für { $time } sind Sie bei { $app } als { $user } angemeldet.
acting-reason = Grund
acting-recorded = Was Sie tun, steht mit Ihrem Namen im Protokoll.
acting-own = Sie sind hier als { $user } angemeldet. Diese Sitzung wartet, bis Sie aufhören.
acting-begin = Beginnen
acting-support = Jemand von { $app } ist in Ihrem Namen angemeldet
acting-support-until = Begonnen { $ago }, endet spätestens um { $time } UTC
acting-support-end = Beenden
or = oder
action-cancel = Abbrechen
action-continue = Weiter
action-save = Speichern
action-copy = Kopieren
action-copied = Kopiert
action-search = Suchen
action-show-all = Alle anzeigen
action-try-again = Erneut versuchen
label-request-id = Anfrage-ID

# Anmelden
sign-in-title = Bei { $app } anmelden
sign-in-lede = Mit einem Passkey oder einem Code per E-Mail. Ganz ohne Passwort.
email-label = E-Mail-Adresse
email-placeholder = name@example.com
passkey-sign-in = Mit Passkey anmelden
returning-button = Weiter als { $email }
sign-in-new = Neu hier? Geben Sie Ihre E-Mail-Adresse ein, und wir legen Ihr Konto an.
provider-continue = Weiter mit { $provider }
captcha-working = Einen Moment: Ihr Browser löst eine kleine Aufgabe, die Spam fernhält.
captcha-no-script = Um hier einen Code zu erhalten, muss Ihr Browser Skripte ausführen. Schalten Sie sie ein und laden Sie die Seite neu.

# Code
code-title = Prüfen Sie Ihre E-Mails
code-lede = Wir haben einen Code an { $email } gesendet.
code-label = Anmeldecode
code-hint = { $count ->
    [one] { $count } Ziffer, { $minutes } Min. gültig. Geben Sie ihn in diesem Browser ein.
   *[other] { $count } Ziffern, { $minutes } Min. gültig. Geben Sie ihn in diesem Browser ein.
  }
code-change-email = Andere Adresse verwenden
code-resend = Neuen Code senden
code-resend-in = Neuer Code in { $time }
code-spam = Nichts angekommen? Sehen Sie im Spam-Ordner nach.
link-lede = Sie melden sich als { $email } an.
link-confirm = Anmelden
connect-title = Sie haben schon ein Konto
connect-lede = Für { $email } gibt es hier ein Konto, aber { $provider } ist noch nicht damit verknüpft. Zeigen Sie, dass es Ihres ist, dann verknüpfen wir beide.
connect-code = Code zusenden
connect-code-lede = Danach verknüpfen wir { $provider } mit Ihrem Konto.
connect-other-proof = Anderen Weg wählen
connect-confirm = { $provider } verknüpfen
connect-confirm-lede = Sie sind als { $email } angemeldet. Danach können Sie sich hier auch mit { $provider } anmelden.

# Angebot eines Passkeys
offer-title = Beim nächsten Mal schneller anmelden
offer-lede = Mit einem Passkey melden Sie sich per Fingerabdruck, Gesicht oder Bildschirmsperre an. Nichts zu merken, nichts zu tippen.
offer-point-phishing = Er lässt sich nicht erraten, nicht wiederverwenden und nicht von einer gefälschten Seite stehlen.
offer-point-device = Ihr Fingerabdruck oder Gesicht verlässt nie Ihr Gerät.
offer-create = Passkey erstellen
offer-later = Jetzt nicht
offer-no-script = Ihr Browser führt hier keine Skripte aus, deshalb lässt sich kein Passkey erstellen. Es geht auch ohne weiter.
offer-nearby-title = Auch auf diesem Gerät einen Passkey speichern?
offer-nearby-lede = Sie haben einen Passkey eines anderen Geräts benutzt. Mit einem auf diesem Gerät brauchen Sie beim nächsten Mal kein anderes.
offer-required-lede = Hier melden Sie sich mit einem Passkey an. Erstellen Sie jetzt Ihren, um fortzufahren.
offer-required-no-script = Ihr Browser führt hier keine Skripte aus, deshalb lässt sich kein Passkey erstellen. Verwenden Sie einen anderen Browser, um fortzufahren.

# Konto
account-title = Ihr Konto
account-signed-in-as = Angemeldet als { $email }
account-sign-out = Abmelden
profile-title = Profil
profile-name = Name
profile-name-hint = Wird in den Anwendungen gezeigt, bei denen Sie sich anmelden.
passkeys-title = Passkeys
passkeys-lede = Anmelden mit Fingerabdruck, Gesicht oder Bildschirmsperre.
passkeys-held = Sie haben sich per E-Mail angemeldet, obwohl Sie Passkeys haben. Die früheren können in { $time } entfernt werden; eine Anmeldung mit einem davon beendet das.
passkeys-empty = Sie haben noch keinen Passkey. Erstellen Sie einen, um sich ohne Code anzumelden.
passkeys-add = Passkey hinzufügen
passkey-default-name = Passkey
passkey-created = Erstellt { $time }
passkey-used = Zuletzt benutzt { $time }
passkey-synced = Synchronisiert
passkey-bound = Auf einem Gerät
passkey-rename = Umbenennen
passkey-rename-of = { $name } umbenennen
passkey-name-label = Neuer Name
passkey-remove = Entfernen
passkey-remove-of = { $name } entfernen
passkey-remove-confirm = Sie können sich damit dann nicht mehr anmelden.
passkey-remove-last = Das ist Ihr einziger Passkey. Ohne ihn melden Sie sich mit einem Code per E-Mail an.
accounts-title = Verknüpfte Konten
accounts-lede = Andere Dienste, mit denen Sie sich anmelden können.
accounts-empty = Noch ist kein anderer Dienst verknüpft.
account-linked = Verknüpft { $time }
account-unlink = Trennen
account-unlink-of = { $provider } trennen
account-unlink-confirm = Sie können sich dann nicht mehr damit anmelden.
account-link = { $provider } verknüpfen
sessions-title = Geräte
sessions-lede = Hier sind Sie gerade angemeldet.
session-current = Dieses Gerät
session-seen = Aktiv { $time }
session-since = Angemeldet { $time }
session-revoke = Abmelden
session-revoke-of = { $device } abmelden
sessions-revoke-others = Alle anderen Geräte abmelden
sessions-revoke-others-confirm = { $count ->
    [one] { $count } anderes Gerät abmelden? Dieses Gerät bleibt angemeldet.
   *[other] { $count } andere Geräte abmelden? Dieses Gerät bleibt angemeldet.
  }
device-on = { $browser } auf { $system }
device-unknown = Unbekanntes Gerät

# Delete account
email-change-open = Ändern
email-title = E-Mail-Adresse ändern
email-lede = Sie melden sich mit { $email } an. Wir senden einen Code an die neue Adresse, um sicher zu sein, dass sie Ihnen gehört.
email-new-label = Neue E-Mail-Adresse
email-send = Code senden
email-code-lede = Wir haben einen Code an { $email } gesendet. Geben Sie ihn ein, um Ihr Konto dorthin umzuziehen.
email-code-label = Code
email-keep = Adresse behalten
export-title = Ihre Daten
export-lede = Was hier über Sie gespeichert ist, als Datei zum Lesen oder Mitnehmen: Ihr Profil, Ihre Passkeys und verknüpften Konten, Ihre Geräte und was das Protokoll über Sie sagt.
export-button = Meine Daten herunterladen
account-delete-title = Konto löschen
account-delete-lede = Entfernt Ihr Konto und alles, was darin ist.
account-delete-open = Mein Konto löschen …
delete-title = Ihr Konto löschen?
delete-lede = { $email }: Ihr Profil, Ihre Passkeys und alle Anmeldungen werden endgültig entfernt. Das lässt sich nicht rückgängig machen.
delete-mail-lede = Wir senden Ihnen zuerst eine E-Mail mit einem Link zur Bestätigung.
delete-send = E-Mail senden
delete-confirm = Mein Konto löschen
delete-keep = Mein Konto behalten
deleted-title = Ihr Konto ist gelöscht
deleted-lede = Alles darin wurde entfernt. Sie sind überall abgemeldet.

# Abmelden
sign-out-title = Abmelden?
sign-out-lede = Sie sind als { $email } angemeldet.
sign-out-confirm = Abmelden
sign-out-stay = Angemeldet bleiben
signed-out-title = Sie sind abgemeldet
signed-out-lede = Sie können dieses Fenster schließen.
signed-out-again = Wieder anmelden

# Wenn etwas schiefgeht
error-title = Etwas ist schiefgegangen
error-lede = Der Fehler liegt bei uns. Versuchen Sie es erneut; bleibt er, nennen Sie dem Support die Anfrage-ID.
refused-title = Das hat nicht geklappt
leaving-title = Einen Moment
leaving-lede = Sie sind angemeldet. Wir bringen Sie jetzt zurück.
leaving-for-provider = Wir bringen Sie zur Anmeldung zu { $provider }.
not-found-title = Seite nicht gefunden
not-found-lede = Unter dieser Adresse gibt es nichts. Prüfen Sie sie oder beginnen Sie von vorn.
not-found-home = Zur Startseite
starting-title = Einen Moment
starting-lede = Wir machen uns bereit. Diese Seite geht von selbst weiter.
suspended-title = Die Anmeldung ist vorerst abgeschaltet
suspended-lede = Die Betreiber dieser Anwendung haben sie angehalten. Nichts von Ihnen ist verloren, und Sie müssen nichts tun. Kommen Sie später wieder, oder fragen Sie die Betreiber.
unknown-host-title = Unter dieser Adresse gibt es keine Seite
unknown-host-lede = Prüfen Sie die Adresse auf Tippfehler. Wenn Sie einem Link gefolgt sind, sagen Sie es denen, von denen Sie ihn haben.
no-host-title = Diese Anfrage ist nicht lesbar
no-host-lede = Sie nennt nicht genau eine Seite.

# Konsole
console-title = Mandanten
console-lede = Jeder Mandant hat einen eigenen Prozess, eine eigene Datenbank und einen eigenen Schlüssel.
console-column-name = Name
console-column-address = Adresse
console-column-state = Zustand
console-column-created = Erstellt
console-empty-title = Noch kein Mandant
console-empty-lede = Die Anmeldung Ihrer ersten Anwendung ist eine Sekunde entfernt.
console-create-title = Einen Mandanten erstellen
console-create-lede = Führen Sie das in einem Terminal aus. Der neue Mandant erscheint hier von selbst.
console-count = { $count ->
    [one] { $count } Mandant
   *[other] { $count } Mandanten
  }
state-creating = Wird erstellt
state-running = Läuft
state-idle = Ruht
state-suspended = Angehalten
state-quarantined = Zur Sicherheit gestoppt
state-deleting = Wird gelöscht
state-deleted = Gelöscht
state-failed = Fehlgeschlagen
live-on = Live
live-off = Verbindet neu …

# A tenant in the console
page-nav = Seiten
page-range = { $first }–{ $last } von { $total }
page-range-more = { $first }–{ $last } von mehr als { $total }
page-previous = Zurück
page-next = Weiter
tenant-nav = Mandant { $name }
tenant-switch = Mandanten wechseln
tenant-overview = Übersicht
tenant-created = Erstellt { $time }
tenant-open = Anmeldeseite öffnen
tenant-figures-all = Alle Zahlen, und wie sie gezählt werden
tenant-connect = In der eigenen Anwendung verwenden
tenant-connect-lede = Der offizielle Client von Better Auth funktioniert unverändert. Er muss nur diese Adresse kennen.
tenant-recent = Letzte Ereignisse
tenant-recent-all = Alle im Audit-Protokoll anzeigen
tenant-away-title = Nichts zu lesen, solange er nicht läuft
tenant-away-lede = Nur der eigene Prozess des Mandanten kann seine Daten lesen. Nehmen Sie ihn wieder in Betrieb, um diese Seite zu sehen.
users-title = Benutzer
users-new = Person hinzufügen
users-new-lede = Die Person bekommt keine E-Mail darüber. Sie meldet sich mit dieser Adresse an, als wäre sie von selbst gekommen.
users-new-name-hint = Freiwillig. Die Person kann ihn selbst ändern.
users-search = Personen suchen
users-by = In
users-state = Status
users-all = Alle
users-active = Aktiv
users-suspended = Gesperrt
users-empty-title = Noch hat sich niemand angemeldet
users-empty-lede = Wer sich zum ersten Mal anmeldet, erscheint hier.
users-none-title = Niemand gefunden
users-none-lede = Niemand passt zu dieser Suche.
user-id = Benutzer-ID
user-unverified = Adresse nicht bestätigt
user-passkeys-empty = Noch kein Passkey.
user-passkey-remove-confirm = Damit ist dann keine Anmeldung mehr möglich. Auf dem Gerät bleibt er, bis er auch dort entfernt wird.
user-sessions-empty = Zurzeit nirgends angemeldet.
user-key-off = Abschalten
user-key-off-of = { $name } abschalten
user-key-on = Einschalten
user-key-on-of = { $name } einschalten
user-key-is-off = Abgeschaltet
user-privacy = Datenschutz
user-copy = Kopie der Daten
user-copy-lede = Was die Person selbst herunterladen kann: Profil, Passkeys, verknüpfte Konten, Geräte, API-Schlüssel und was das Protokoll über sie sagt. Für alle, die Sie danach fragen.
user-copy-get = Herunterladen
user-activity = Aktivität
user-measures = Maßnahmen
user-role-lede = Was Ihre Anwendung dieser Person erlaubt. Administratoren verwalten deren Benutzer.
user-role-hint = Mehrere mit Kommas dazwischen.
user-sign-out = Überall abmelden
user-sign-out-lede = Beendet sofort alle Sitzungen. Eine neue Anmeldung bleibt möglich.
user-suspend = Sperren
user-suspend-of = { $name } sperren
user-suspend-lede = Beendet alle Sitzungen und verhindert neue Anmeldungen.
user-suspend-for = Wie lange
user-suspend-reason = Grund
user-suspend-reason-hint = Optional. Er steht auch im Audit-Protokoll.
user-suspended-always = Bis zur Aufhebung
user-suspended-until = Bis { $time } UTC, { $date }
user-restore = Sperre aufheben
user-restore-lede = Eine Anmeldung ist sofort wieder möglich.
user-act = Als diese Person handeln
user-act-lede = Meldet Sie für kurze Zeit als diese Person bei der Anwendung an, damit Sie sehen, was sie sieht.
user-act-about = Sie kommen zu den Anmeldeseiten von { $tenant }, bestätigen dort und hören auf, wenn Sie fertig sind. Was nur die Person selbst darf, bleibt verschlossen: Passkeys, ihre Adresse, verknüpfte Konten, Sitzungen, eine Kopie ihrer Daten, die Löschung ihres Kontos.
user-act-reason-hint = 3 bis 200 Zeichen. Der Grund steht im Protokoll des Mandanten, und die Person darf ihn dort lesen.
user-act-for = Höchstens
user-act-go = Weiter
user-delete = Benutzer löschen
user-delete-of = { $name } löschen
user-delete-lede = Entfernt das Konto mit allem darin. Das Protokoll sagt dann nicht mehr, wer es war.
user-delete-confirm = Das lässt sich nicht rückgängig machen.
users-method = Anmeldung mit
users-method-all = Beliebig
users-method-passkey = Passkey
users-method-account = Verknüpftem Konto
users-method-code = Nur Codes
users-created-from = Gekommen ab
users-created-to = Gekommen bis
users-seen-from = Gesehen ab
users-seen-to = Gesehen bis
users-more-filters = Weitere Filter
users-passkeys = { $count ->
    [one] 1 Passkey
   *[other] { $count } Passkeys
  }
users-seen = Gesehen { $when }
users-came = Gekommen { $when }
users-select = { $name } auswählen
users-select-all = Alle auf dieser Seite auswählen
users-selected = Mit den Ausgewählten
users-export = Als CSV exportieren
users-export-found = Alle Treffer exportieren
selection-none-title = Niemand ist ausgewählt
selection-none-lede = Wählen Sie zuerst Personen in der Liste aus.
selection-suspend = { $count ->
    [one] 1 Person sperren
   *[other] { $count } Personen sperren
  }
selection-restore = { $count ->
    [one] Sperre von 1 Person aufheben
   *[other] Sperre von { $count } Personen aufheben
  }
selection-sign-out = { $count ->
    [one] 1 Person überall abmelden
   *[other] { $count } Personen überall abmelden
  }
selection-delete = { $count ->
    [one] 1 Person löschen
   *[other] { $count } Personen löschen
  }
selection-export = { $count ->
    [one] 1 Person exportieren
   *[other] { $count } Personen exportieren
  }
selection-export-more = Mehr als { $count } Personen exportieren
selection-export-lede = Eine Tabelle mit Adresse, Name, Status, wann sie kamen und zuletzt da waren und womit sie sich anmelden. Das Audit-Protokoll hält fest, dass Sie sie heruntergeladen haben.
selection-download = Herunterladen
selection-people = Wer gemeint ist
selection-gone = { $count ->
    [one] 1 der ausgewählten Personen gibt es nicht mehr.
   *[other] { $count } der ausgewählten Personen gibt es nicht mehr.
  }
selection-too-many = Höchstens { $count } Personen auf einmal. Wer darüber hinausgeht, bleibt außen vor.
selection-done = { $count ->
    [one] Für 1 Person erledigt.
   *[other] Für { $count } Personen erledigt.
  }
selection-not-done = { $count ->
    [one] Für 1 Person nicht erledigt
   *[other] Für { $count } Personen nicht erledigt
  }
selection-why-gone = Nicht mehr da
selection-why-not-suspended = War nicht gesperrt
selection-why-no-sessions = War nirgends angemeldet
selection-why-failed = Fehlgeschlagen; versuchen Sie es noch einmal
selection-back = Zurück zu den Benutzern
events-title = Audit-Protokoll
events-lede = Wer was wann getan hat und wie es ausging. Niemand kann es unbemerkt ändern.
events-what = Ereignis
events-actor = Durch
events-subject = Betrifft
events-ip = IP-Adresse
events-country = Land
events-network = Netz
events-time = Zeit
events-outcome = Ergebnis
events-period = Zeitraum
events-fault = Danach lässt sich nicht suchen: { $fault }
events-wrong = Danach lässt sich nicht suchen.
events-wrong-type = Dieses Ereignis gibt es nicht. Eine Gruppe schreibt man session.*
events-wrong-email = Das ist keine E-Mail-Adresse.
events-wrong-from = Das ist kein Tag.
events-wrong-to = Das ist kein Tag, oder er liegt vor dem ersten.
events-wrong-ip = Das ist keine IP-Adresse.
events-wrong-country = Ein Land hat zwei Buchstaben, etwa FR.
events-wrong-network = Ein Netz hat eine Nummer, etwa AS3215.
events-wrong-device = Dieses Wort bezeichnet kein Gerät. Wählen Sie eines aus der Liste.
events-wrong-actor = Erwartet wird eine E-Mail-Adresse oder ein Name, wie ihn das Protokoll hat, etwa auditor.
events-wrong-request = Das ist keine Anfrage-ID. Die Seite eines Ereignisses nennt eine.
events-request = Anfrage-ID
events-days = Die Tage sind die von { $zone }.
events-empty = Noch ist nichts geschehen
events-empty-lede = Jede Anmeldung und jede Änderung erscheint hier von selbst.
events-none-title = Nichts gefunden
events-none-lede = Kein Ereignis passt zu dieser Suche.
events-times = Neueste zuerst.
events-newest = Neueste
events-older = Ältere
events-export = Exportieren
events-export-lede = Alles, was zu dieser Suche passt, höchstens die neuesten { $most } Ereignisse. Das Audit-Protokoll hält fest, dass Sie es exportiert haben.
events-export-ndjson = Als NDJSON mit Beweisen exportieren
events-export-proof = Jede Zeile des NDJSON hat den Beweis, dass ihr Ereignis im Protokoll ist. Dieser Befehl prüft sie alle, ohne diesen Server.
events-export-verify = Befehl, der die Beweise prüft
events-export-whole = Das ganze Protokoll, ohne diese Grenze, exportiert dieser Befehl.
events-export-bundle = Befehl, der das ganze Protokoll exportiert
views-title = Gespeicherte Ansichten
views-save = Diese Ansicht speichern
views-name = Name
views-hint = Nur Sie sehen sie.
views-left-out = Adressen, IP-Adressen und Namen von Personen werden nicht gespeichert.
views-manage = Ansichten verwalten
views-full = Sie haben { $count } Ansichten dieses Mandanten, mehr gehen nicht. Löschen Sie eine, um eine andere zu speichern.
views-name-of = Name von { $name }
views-rename = Umbenennen
views-rename-one = { $name } umbenennen
views-delete = Löschen
views-delete-one = { $name } löschen
outcome-any = Jedes
outcome-success = Geschehen
outcome-failure = Abgelehnt
period-hour = Letzte Stunde
period-day = Letzte 24 Stunden
period-week = Letzte 7 Tage
period-month = Letzte 30 Tage
period-all = Alles
event-about = Was geschah
event-method = Nachgewiesen durch
event-device = Gerät
event-request = Anfrage
event-id = Ereignis-ID
event-erased = Eine Person in diesem Ereignis wurde gelöscht. Ihre persönlichen Angaben kann niemand mehr lesen; das Ereignis und sein Beweis bleiben, wie sie waren.
event-share = Weitergeben
event-share-lede = Den Link öffnet, wer dieses Protokoll lesen darf; der Befehl fragt mit einem Verwaltungsschlüssel.
event-link = Link zu diesem Ereignis
event-copy-link = Link kopieren
event-curl = Befehl für dieses Ereignis
event-copy-curl = Als curl kopieren
event-proof = Beweis
event-proof-lede = Ein Merkle-Baum über alle Ereignisse, alle paar Sekunden signiert, zeigt, dass dieses im Protokoll und unverändert ist.
event-sealed = Versiegelt und unverändert
event-waiting = Noch nicht versiegelt
event-waiting-lede = Es wird in wenigen Sekunden versiegelt. Laden Sie diese Seite neu.
event-uncosigned = Versiegelt, noch nicht gegengezeichnet
event-uncosigned-lede = Der Zeuge dieses Protokolls bestätigt in wenigen Sekunden, dass es nur gewachsen ist. Laden Sie diese Seite neu.
event-broken = Der Beweis hält nicht: Dieses Protokoll wurde verändert. Führen Sie den Befehl unten aus und benachrichtigen Sie den Betreiber.
event-unknown = Der Beweis lässt sich gerade nicht lesen. Laden Sie diese Seite neu.
event-leaf = Nummer im Protokoll
event-size = Ereignisse im Baum
event-path = Hashes auf dem Weg
event-root = Wurzel
event-download = Beweis herunterladen
event-changes = Geändert
event-json = Als JSON
look-title = Anmeldeseite
look-lede = So sehen die Seiten aus, auf denen sich Menschen anmelden. Was Sie veröffentlichen, gilt sofort; jede Version lässt sich zurücknehmen.
look-name = Name der Anwendung
look-logo = Logo
look-logo-hint = PNG, JPEG oder WebP mit höchstens 8 KiB und 16 bis 1.024 Pixeln je Seite.
look-logo-remove = Ohne Logo
look-logo-on-dark = Logo auf dunklen Seiten
look-logo-on-dark-hint = Ohne eines steht das Logo dort auf Weiß.
look-accent = Farbe
look-accent-on-dark = Farbe auf dunklen Seiten
look-accent-none = Unsere eigene. Ohne Angabe entsteht sie aus der anderen Farbe.
look-contrast = Kontrast { $ratio }:1
look-contrast-low = Kontrast { $ratio }:1, zu wenig zum Lesen. Die nächste, die genügt: { $color }
look-contrast-typed = Kontrast { $ratio }:1, zu wenig zum Lesen. Nötig ist 4,5:1.
look-corners = Ecken
look-corners-square = Eckig
look-corners-soft = Sanft
look-corners-round = Rund
look-terms = Nutzungsbedingungen (https)
look-privacy = Datenschutzhinweis (https)
look-support = Hilfe (https oder mailto)
look-default-locale = Sprache, wenn nichts anderes entscheidet
look-languages = Sprachen zur Auswahl
look-publish = Veröffentlichen
look-would-change = Veröffentlichen würde dies ändern:
look-versions = Versionen
look-preview = Vorschau
look-preview-show = Zeigen
look-preview-fault = Das lässt sich nicht zeigen: { $fault }
look-scene = Was zu sehen ist
look-pages = Seiten
look-states = Meldungen
look-light = Hell
look-dark = Dunkel
look-desktop = Computer
look-phone = Telefon
settings-title = Einstellungen
settings-lede = Ein Dokument für alles. Eine Änderung gilt sofort und trennt keine Verbindung.
settings-document = Dokument
settings-secrets = Geheimnisse stehen als *** da. Was *** bleibt, bleibt, wie es ist.
settings-comment = Warum (optional)
settings-check = Nur prüfen
settings-fault = Nicht gespeichert: { $fault }
settings-would-change = Speichern würde dies ändern:
settings-no-change = Speichern würde nichts ändern.
settings-before = Vorher
settings-after = Nachher
settings-versions = Versionen
settings-current = Gilt jetzt
settings-back = Zurückkehren
settings-back-to = Zurück zu Version { $version }
settings-back-lede = Ihr Dokument wird die neueste Version, mit den Geheimnissen von damals. Nichts dazwischen geht verloren.
settings-changes = { $count ->
    [one] { $count } Änderung
   *[other] { $count } Änderungen
  }
users-count = { $count ->
    [one] { $count } Person
   *[other] { $count } Personen
  }
users-count-more = Mehr als { $count } Personen
user-days = { $days ->
    [one] { $days } Tag
   *[other] { $days } Tage
  }

# Figures of a tenant
figures-title = Zahlen
figures-lede = Stand { $time } UTC, { $date }. Aus dem Audit-Protokoll gezählt; Tage sind die von { $zone }.
figures-now = Wie es steht
figures-meaning = Was diese Zahlen bedeuten
figures-dau = Heute aktiv
figures-dau-about = Personen, die sich heute angemeldet oder eine Sitzung benutzt haben. Jede zählt einmal. API-Schlüssel und Administratoren, die als jemand anderes handeln, zählen nicht.
figures-wau = In 7 Tagen aktiv
figures-wau-about = Personen, die an mindestens einem der 7 Tage bis einschließlich heute aktiv waren.
figures-mau = In 30 Tagen aktiv
figures-mau-about = Personen, die an mindestens einem der 30 Tage bis einschließlich heute aktiv waren.
figures-stickiness = Bindung
figures-stickiness-about = Heute Aktive geteilt durch die in 30 Tagen Aktiven.
figures-new = Heute neu
figures-new-about = Konten, die heute entstanden sind. Importierte zählen nicht.
figures-users = Konten
figures-users-about = Konten, die es jetzt gibt.
figures-passkeys = Mit Passkey
figures-passkeys-about = Anmeldungen mit Passkey geteilt durch alle Anmeldungen des Zeitraums.
figures-refused = Abgelehnt
figures-refused-about = Abgelehnte Anmeldungen geteilt durch gelungene und abgelehnte des Zeitraums.
figures-percent = { $share } %
figures-chart = Aktive Personen am Tag
figures-chart-about = Von { $first } bis { $last }; höchstens { $most }.
figures-table = Als Tabelle zeigen
figures-day = Tag
figures-active = Aktiv
figures-new-users = Neu
figures-sign-ins = Anmeldungen nach Verfahren
figures-sign-ins-about = Die des Zeitraums, aus denen eine Sitzung wurde.
figures-by-code = Code per E-Mail
figures-by-link = Link per E-Mail
figures-failures = Abgelehnte Anmeldungen nach Grund
figures-failures-about = Die des Zeitraums, nach dem Ereignis im Audit-Protokoll und seinem Grund. Was eine Grenze oder ein Captcha aufhielt, zählt nicht.
figures-funnel = Was aus Passkeys wird
figures-funnel-about = In diesem Zeitraum. Begonnen heißt, dass eine Seite nach einer Aufgabe gefragt hat; Anmeldeseiten mit Vorschlägen tun das von selbst. Wer im Browser abbricht, hat nur begonnen.
figures-funnel-sign-in = Anmelden
figures-funnel-creation = Erstellen
figures-offered = Angeboten
figures-declined = Abgelehnt
figures-started = Begonnen
figures-completed = Gelungen
figures-failed = Zurückgewiesen
figures-none = Nichts in diesem Zeitraum.
figures-away-title = Zurzeit keine Zahlen
figures-away-lede = Nur der Prozess des Mandanten kann dessen Protokoll lesen, und er ist gerade nicht zu erreichen. Laden Sie diese Seite später noch einmal.
figures-range = Zeitraum
figures-range-own = Eigener Zeitraum
figures-from = Von
figures-to = Bis
figures-by = Nach
figures-week = Woche
figures-month = Monat
figures-show = Anzeigen
figures-csv = Als CSV exportieren
figures-chart-week = Aktive Personen in der Woche
figures-chart-month = Aktive Personen im Monat
figures-chart-open = Die gestrichelte Linie führt zu einem Zeitraum, der noch läuft.
figures-refused-range = Diese Zahlen lassen sich nicht zeigen: { $why }.
figures-stack = Anmeldungen am Tag nach Verfahren
figures-stack-week = Anmeldungen in der Woche nach Verfahren
figures-stack-month = Anmeldungen im Monat nach Verfahren
figures-stack-open = Der letzte Balken gehört zu einem Zeitraum, der noch läuft.
figures-stack-total = Alle
figures-by-provider = Anbieter
figures-new-7 = In 7 Tagen neu
figures-new-7-about = Konten, die in den 7 Tagen bis einschließlich heute entstanden sind. Importierte zählen nicht.
figures-more = { $count } mehr als { $before }
figures-fewer = { $count } weniger als { $before }
figures-as-many = so viele wie { $before }
figures-before-1 = am Tag davor
figures-before-7 = in den 7 Tagen davor
figures-before-30 = in den 30 Tagen davor
figures-change = + und −
figures-change-about = Wie viele mehr oder weniger als in ebenso vielen Tagen davor. Heute läuft noch, der Tag davor nicht. Ohne Zeichen weiß es niemand: Die Tage davor hatten schon begonnen, als zum ersten Mal gezählt wurde.

# A new tenant, keys and webhooks in the console
console-terminal = In einem Terminal
tenant-new-lede = Die Anmeldung einer Anwendung: mit eigenem Prozess, eigener Datenbank und eigenem Schlüssel. Es dauert etwa eine Sekunde.
tenant-name = Name
tenant-name-hint = Kleinbuchstaben, Ziffern und innere Bindestriche. Er steht in der Adresse: { $address }
tenant-create = Erstellen
tenant-progress = Er entsteht gerade
tenant-progress-lede = Das sind die wirklichen Schritte. Die Seite geht von selbst weiter.
tenant-step-secret = Ein eigenes Geheimnis
tenant-step-role = Ein eigener Systembenutzer und eigene Datenbankrollen
tenant-step-database = Eine eigene Datenbank
tenant-step-schema = Seine Tabellen
tenant-step-certificate = Zertifikate für seine Namen
tenant-step-running = Sein Prozess, bereit für Anfragen
tenant-step-done = fertig
tenant-step-current = läuft
tenant-step-waiting = wartet
tenant-step-failed = Dieser Schritt hat nicht geklappt ({ $code }). Er wird von selbst wiederholt; bleibt es dabei, sagen Sie es dem Betreiber dieser Instanz.
tenant-try = Melden Sie sich selbst an
tenant-try-lede = Das ist seine wirkliche Anmeldeseite. Legen Sie dort ein Konto an, und Sie sind der erste aktive Benutzer: Diese Seite sagt es dann von selbst.
tenant-first-you = Sie sind der erste aktive Benutzer
tenant-first-other = { $email } ist der erste aktive Benutzer
tenant-first-lede = Die Anmeldung steht im Audit-Protokoll, mit einem Beweis, dass sie dort und unverändert ist.
tenant-first-event = Eintrag ansehen
keys-title = API-Schlüssel
keys-lede = Für Programme, die { $workspace } über die API verwalten. Ein Schlüssel darf nicht mehr als der, der ihn erstellt hat.
keys-new = Schlüssel erstellen
keys-empty = Noch kein Schlüssel.
keys-name = Name
keys-name-hint = Für Menschen: welches Programm ihn nutzt, und wo.
keys-scopes = Was er darf
keys-scopes-own = Nur was unten angekreuzt ist
keys-scopes-some = Und außerdem diese Berechtigungen
keys-scopes-count = { $count ->
    [one] { $count } Berechtigung
   *[other] { $count } Berechtigungen
  }
keys-scopes-all = Alles
keys-life = Wie lange er gilt
keys-life-always = Bis er widerrufen wird
keys-active = Aktiv
keys-expired = Abgelaufen
keys-revoked = Widerrufen
keys-made = Erstellt von { $name } { $time }
keys-used = Zuletzt benutzt { $time }
keys-unused = Nie benutzt
keys-ends = Endet { $date }, { $time } UTC
keys-previous-ends = Das vorige Geheimnis endet { $date }, { $time } UTC
keys-rotate = Neues Geheimnis
keys-rotate-of = Neues Geheimnis für { $name }
keys-rotate-lede = Es wird einmal gezeigt. Beide gelten, während Sie das alte ersetzen.
keys-overlap = Das alte Geheimnis gilt noch
keys-overlap-none = Es endet sofort
keys-revoke = Widerrufen
keys-revoke-of = { $name } widerrufen
keys-revoke-confirm = Programme, die ihn benutzen, werden ab sofort abgewiesen. Das lässt sich nicht rückgängig machen.
secret-of-key = Der Schlüssel { $name }
secret-of-key-about = Programme senden ihn als „Authorization: Bearer …“. Bewahren Sie ihn dort auf, wo nur sie ihn lesen können.
secret-of-webhook = Das Geheimnis von { $name }
secret-of-webhook-about = Damit prüft Ihr Server, dass Ereignisse von hier kommen (Standard Webhooks).
secret-once = Jetzt kopieren: Es wird nur dieses eine Mal gezeigt.
secret-done = Ich habe es aufbewahrt
webhooks-title = Webhooks
webhooks-lede = Ihre Server erfahren, was hier geschieht: signiert, der Reihe nach und so oft, bis sie es annehmen.
webhooks-empty = Noch erfährt kein Server etwas.
webhooks-new = Endpunkt hinzufügen
webhooks-id = Name
webhooks-id-hint = Kleinbuchstaben, Ziffern, - und _. Er bleibt, wie er ist.
webhooks-url = Adresse
webhooks-events = Ereignisse
webhooks-events-hint = Je Zeile eines: ein Typ wie session.created, alle einer Sache wie session.*, oder * für alles.
webhooks-description = Wofür er da ist (optional)
webhooks-enabled = Ereignisse dorthin senden
webhooks-active = Aktiv
webhooks-failing = Gestört
webhooks-paused = Pausiert
webhooks-disabled = Abgeschaltet
webhooks-unknown = Gerade unbekannt
webhooks-pending = { $count ->
    [one] { $count } Ereignis wartet.
   *[other] { $count } Ereignisse warten.
  }
webhooks-failing-since = Der erste Fehlschlag war { $time }.
webhooks-change = Ändern
webhooks-test = Testereignis senden
webhooks-taken = Das Testereignis wurde angenommen.
webhooks-not-taken = Das Testereignis wurde nicht angenommen.
webhooks-retry = Jetzt noch einmal versuchen
webhooks-rotate = Neues Geheimnis
webhooks-rotate-of = Neues Geheimnis für { $name }
webhooks-remove = Entfernen
webhooks-remove-of = { $name } entfernen
webhooks-remove-confirm = Was noch wartet, wird nicht mehr gesendet.
webhooks-deliveries = Zustellungen
webhooks-deliveries-lede = Der letzten 30 Tage, die neuesten zuerst.
webhooks-deliveries-empty = So etwas wurde noch nicht gesendet.
delivery-pending = Wartet
delivery-delivered = Angenommen
delivery-failed = Aufgegeben
webhooks-attempts = Versuche
webhooks-attempts-empty = Es wurde noch nicht versucht.
webhooks-event = Das Ereignis im Protokoll
webhooks-replay = Noch einmal senden
webhooks-body = Was gesendet wird

# E-mail of a tenant
mail-title = E-Mail
mail-lede = Von wem sie kommt, was sie sagt und ob sie ankommt.
mail-sender = Absender
mail-sender-name = Name des Absenders
mail-sender-address = Adresse des Absenders
mail-reply-to = Wohin Antworten gehen (optional)
mail-server-own = Ihr eigener Mailserver nimmt sie an: { $server }.
mail-server-platform = Der Mailserver der Plattform nimmt sie an. Eine andere Adresse als die übliche braucht einen eigenen Mailserver; er steht in den Einstellungen unter mail.smtp.
mail-test = Kommt sie an?
mail-test-send = Test-E-Mail senden
mail-taken = Ein Server hat die E-Mail an { $email } angenommen. Sehen Sie in das Postfach und in seinen Spam-Ordner.
mail-not-taken = Die E-Mail an { $email } ging nicht hinaus:
mail-preview = Was sie sagt
mail-preview-lede = Mit erfundenen Werten, und mit Ihren eigenen Worten, wo die Einstellungen welche haben (mail.templates).
mail-preview-show = Zeigen
mail-preview-html = Mit Gestaltung ansehen
mail-letter = E-Mail
mail-own-words = Ihre Worte
mail-suppressed = Adressen, die keine bekommen
mail-suppressed-count = { $count ->
    [one] { $count } Adresse.
   *[other] { $count } Adressen.
  }
mail-suppressed-lede = Ihre Server sagten, dass dort niemand ist. Welche es sind, ist nicht gespeichert; durch Eingeben nehmen Sie eine von der Liste.
mail-lift = Wieder dorthin senden
mail-domain-title = DNS-Einträge
mail-domain-lede = E-Mails kommen von { $email }. Empfänger sehen nach, was die Domain sagt, bevor sie sie annehmen.
mail-domain-records = Einträge von { $domain }
mail-domain-look = Nachsehen
mail-selector = DKIM-Selektor
mail-selector-about = Der Mailserver, der signiert, hat ihn gewählt; seine Dokumentation oder seine Einstellungen nennen ihn.
mail-selector-wrong = Das kann kein Selektor sein.
mail-record-add = Diesen { $kind }-Eintrag setzen
mail-record-good = In Ordnung
mail-record-weak = Schwach
mail-record-wrong = Unbrauchbar
mail-record-absent = Fehlt
mail-record-unanswered = Keine Antwort
mail-spf-about = Sagt, welche Server E-Mails von dieser Domain senden dürfen.
mail-dkim-about = Der Schlüssel, mit dem Empfänger die Signatur jeder E-Mail prüfen.
mail-dmarc-about = Sagt, was mit E-Mails geschieht, die nur vorgeben, von dieser Domain zu sein.
mail-spf-how = Wer den Mailserver betreibt, weiß, von welchen Servern er sendet und was in den Eintrag gehört.
mail-dkim-how = Der Mailserver macht den Schlüssel und zeigt den Eintrag, der hierher gehört.
mail-dmarc-how = Beginnen Sie mit einem, der nur um Berichte bittet; verlangen Sie mehr, wenn sie zeigen, dass alle Ihre E-Mails signiert sind.
mail-fact-several = Es gibt mehrere, darum verwenden Empfänger keinen. Machen Sie einen daraus.
mail-fact-servers = { $count ->
    [one] { $count } Angabe nennt selbst Server.
   *[other] { $count } Angaben nennen selbst Server.
  }
mail-fact-includes = Er lässt die Server von { $names } zu.
mail-fact-others-fail = Alle anderen Server sind abzuweisen.
mail-fact-others-softfail = Alle anderen Server sind verdächtig.
mail-fact-others-neutral = Er sagt nichts über andere Server. Lassen Sie ihn auf ~all oder -all enden.
mail-fact-others-pass = Er lässt jeden Server senden. Lassen Sie ihn auf ~all oder -all enden.
mail-fact-key = Der Schlüssel ist da ({ $kind }).
mail-fact-key-short = Der RSA-Schlüssel hat weniger als 2048 Bit. Lassen Sie den Mailserver einen längeren machen.
mail-fact-key-revoked = Der Schlüssel wurde zurückgezogen: Was er signiert, zählt nicht mehr.
mail-fact-key-broken = Was dort steht, ist kein Schlüssel. Setzen Sie den Eintrag neu.
mail-fact-key-testing = Er ist als Test markiert (t=y): Empfänger behandeln E-Mails, als wären sie nicht signiert.
mail-fact-policy-none = Er verlangt von Empfängern noch nichts (p=none). Machen Sie später quarantine oder reject daraus.
mail-fact-policy-quarantine = Fälschungen werden aussortiert (p=quarantine).
mail-fact-policy-reject = Fälschungen werden abgewiesen (p=reject).
mail-fact-policy-unusable = Er sagt nicht, was Empfänger tun sollen (p=).
mail-fact-percent = Das verlangt er nur für { $percent } % der E-Mails (pct).
mail-fact-no-reports = Niemand erfährt, was Empfänger sehen (rua).
mail-lift-of = Wieder dorthin senden: { $email }
mail-sent-title = Versand
mail-sent-lede = Was aus jeder E-Mail wurde: ob ein Server sie angenommen hat, und was im Weg war.
mail-sent-kept = 30 Tage lang aufbewahrt; was jemand bekam, verschwindet mit dem Konto.
mail-sent-count-waiting = { $count ->
    [one] { $count } E-Mail wartet.
   *[other] { $count } E-Mails warten.
  }
mail-sent-none = Keine E-Mail passt dazu.
mail-sent-empty = Es wurde noch nichts gesendet.
mail-sent-gone = Jemand, der gegangen ist
mail-sent-next = Nächster Versuch in { $time }
mail-sent-attempts = { $count ->
    [one] { $count } Versuch
   *[other] { $count } Versuche
  }
mail-sent-reply = der Server sagte { $reply }
mail-sent-retry = Jetzt versuchen
mail-sent-waiting = Wartet
mail-sent-accepted = Angenommen
mail-sent-refused = Abgelehnt
mail-sent-suppressed = Nicht gesendet
mail-sent-expired = Zu spät
mail-words-title = Texte
mail-words-lede = Codes und Anmeldelinks können Ihre eigenen Worte haben. Hinweise zu einem Konto behalten unsere, damit keine Warnung verloren geht.
mail-words-own = In dieser Sprache werden Ihre eigenen Worte gesendet.
mail-words-ours = In dieser Sprache werden unsere Worte gesendet. Ändern und speichern Sie sie, um Ihre eigenen zu senden.
mail-words-subject = Betreff
mail-words-text = Reiner Text
mail-words-html = HTML
mail-words-preview = Vorschau
mail-words-made-up = Mit erfundenen Werten. Noch ist nichts gespeichert.
mail-words-test-lede = Sendet das Obige mit erfundenen Werten, gespeichert oder nicht.
mail-words-reset = Zurück zu unseren Worten
mail-words-reset-lede = Ihre Worte für diese E-Mail in dieser Sprache werden entfernt. Die Einstellungen behalten die Version davor.
mail-variable-code = Der Code; Text und HTML müssen ihn haben
mail-variable-link = Der Link; Text und HTML müssen ihn haben
mail-variable-app = Der Name der Anwendung
mail-variable-minutes = Wie viele Minuten er gilt
letter-verification-code = Code, der eine Adresse bestätigt
letter-sign-in-link = Anmeldelink
letter-deletion-link = Link, der ein Konto löscht
letter-email-changed = Hinweis: Adresse geändert
letter-user-deleted = Hinweis: Konto gelöscht
letter-account-linked = Hinweis: Anbieter verknüpft
letter-account-unlinked = Hinweis: Anbieter getrennt
letter-passkey-added = Hinweis: neuer Passkey
letter-passkey-removed = Hinweis: Passkey entfernt
letter-recovery-started = Hinweis: Anmeldung ohne Passkey
letter-test = Test-E-Mail

isolation-title = Isolation
isolation-lede = Ob alles hält, was diesen Mandanten abschottet: ausprobiert, nicht angenommen.
isolation-last = Letzter Nachweis
isolation-none = Die Isolation wurde noch nicht ausprobiert.
isolation-counts = { $held } halten, { $broken } verletzt, { $unknown } unbekannt.
isolation-download = Signierten Bericht herunterladen
isolation-prove = Jetzt ausprobieren
isolation-prove-about = Dauert einige Sekunden. Prozesse wie der des Mandanten versuchen, was nicht gehen darf; am Mandanten ändert sich nichts, und er arbeitet weiter.
isolation-checks = Was ausprobiert wurde
isolation-evidence = Belege
isolation-verify = Den Bericht selbst prüfen
isolation-verify-lede = Der Bericht ist signiert, und seine Prüfsumme steht im versiegelten Protokoll dieses Mandanten.
isolation-digest = Prüfsumme
isolation-key = Schlüssel dieser Instanz für Berichte
isolation-command = Einen Bericht offline prüfen
isolation-earlier = Frühere Nachweise
isolation-held = Hält
isolation-broken = Verletzt
isolation-not-applicable = Nichts zu halten
isolation-unknown = Unbekannt
isolation-canary = Ein Prozess, der wie die Engine des Mandanten gestartet wird, schottet sich ab
isolation-namespaces = Mounts, Netzwerk, IPC, Hostname und Kontrollgruppen sind eigene
isolation-root = Er hat ein leeres, schreibgeschütztes Wurzelverzeichnis: kein Pfad führt irgendwohin
isolation-limits = Threads, Dateien, Speicher und Deskriptoren sind begrenzt
isolation-account = Er läuft unter dem eigenen Konto des Mandanten, in keiner weiteren Gruppe
isolation-privileges = Er hat keine Capability und kann keine bekommen
isolation-landlock = Landlock verweigert ihm Dateien, und er endet mit seinem Launcher
isolation-seccomp = Nur aufgelistete Systemaufrufe bleiben ihm
isolation-descriptors = Er hält nichts, was hinausführt, und hat keine Umgebungsvariablen
isolation-group = Eine Kontrollgruppe begrenzt seinen Anteil an der Maschine
isolation-files = Dateien lassen sich nicht lesen, auflisten, ansehen oder schreiben
isolation-processes = Andere Prozesse sind unerreichbar, neue und Threads lassen sich nicht starten
isolation-network = Verbindungen lassen sich weder aufbauen noch annehmen, und nichts lässt sich senden
isolation-kernel = Mounts, Namespaces, eigener Code und seltenere Teile des Kernels sind unerreichbar
isolation-share = Mehr Speicher und Deskriptoren als sein Anteil werden verweigert
isolation-database-others = Seine Rolle kann sich weder bei anderen Datenbanken noch als andere Rolle anmelden
isolation-database-catalogs = Seine Rolle sieht in den Katalogen des Servers keine anderen Mandanten
isolation-database-server = Seine Rolle erreicht weder Dateien noch Programme noch Einstellungen des Servers
isolation-database-powers = Seine Rolle kann außer ihren Zeilen nichts anlegen, besitzen, ändern oder beenden
isolation-database-log = Seine Rolle kann im Audit-Protokoll nichts ändern oder entfernen
isolation-database-grants = Seine Rolle hat genau die Rechte, die diese Version ihr gibt
isolation-database-owners = In seiner Datenbank gehört seiner Rolle nichts
isolation-database-objects = Seine Datenbank hat die Tabellen, Funktionen und Trigger dieser Version, und keine anderen
isolation-database-connections = Die Zahl seiner Datenbankverbindungen ist begrenzt
isolation-key-secret = Sein Geheimnis ist ein eigenes
isolation-key-log = Der Schlüssel, der sein Protokoll versiegelt, ist ein eigener
isolation-account-unique = Sein Konto hat kein anderer Mandant
isolation-hostnames = Er ist nur unter seinen eigenen Hostnamen erreichbar
isolation-egress = Er erreicht die Server, die er aufführt, und keine anderen
isolation-certificate = Seine Zertifikate und deren Schlüssel sind seine eigenen, heute gültig, und was seinen Besuchern gezeigt wird

# Backups of a tenant
backups-title = Backups
backups-lede = Was aus ihnen wurde, und ob sich das neueste wiederherstellen ließ.
backups-last = Letztes Backup
backups-last-drill = Letzte Probe
backups-none = Noch keines
backups-scheduled = Geschieht von selbst
backups-unscheduled = Geschieht nicht von selbst
backups-rows = { $count ->
    [one] { $count } Zeile
   *[other] { $count } Zeilen
  }
backups-drill-good = Ganz wiederhergestellt, und das Protokoll endete, wo es war
backups-drill-bad = Es ließ sich nicht wiederherstellen
backups-signed-in = Eine Sitzung galt auf der Kopie
backups-drill-about = Ein Backup, das nie wiederhergestellt wurde, ist eine Hoffnung. Die Probe macht eine Kopie, zählt, meldet sich an und entfernt sie.
backups-runs = Was daraus wurde
backups-empty = Noch wurde kein Backup gemacht.
backups-drill = Probe
backups-backup = Backup
backups-commands = Auf der Maschine
backups-commands-lede = Archive verlassen die Instanz verschlüsselt, an einen Ort, den sie selbst nicht erreicht. Darum macht sie dort, wer sie betreibt.
backups-make = Jetzt eines machen
backups-try = Probieren, ob sich das neueste wiederherstellen lässt
backups-restore = Eines neben diesem Mandanten wiederherstellen
backups-place = Einen Ort für Archive nennen, damit sie von hier aus gemacht werden können
backups-now = Jetzt sichern
backups-drill-now = Das neueste jetzt ausprobieren
backups-copy = In eine Kopie wiederherstellen
backups-copy-of = In eine Kopie wiederherstellen: Backup von { $when }
backups-copying = Kopie { $name }
backups-step-waiting = Beauftragt
backups-step-storing = Gemacht und abgelegt
backups-step-reading = Bis zum Ende gelesen und geprüft
backups-step-restoring = In einen neuen Mandanten wiederhergestellt
backups-so-far = bisher { $size }
backups-late = Noch hat niemand begonnen. Wer diese Instanz betreibt, lässt es innerhalb einer Stunde erledigen; sofort, wenn dort kiavi backup run --watch läuft.
backups-done-backup = Das Backup ist gemacht und abgelegt.
backups-done-copy = Die Kopie { $name } ist fertig.
backups-open-copy = { $name } öffnen
backups-failed = Daraus wurde nichts, und nichts wurde geändert. Den Grund findet, wer diese Instanz betreibt, in ihrem Protokoll.
backups-failed-gone = Daraus wurde nichts: Das Archiv ist nicht mehr da. Wählen Sie ein anderes.
backups-failed-damaged = Daraus wurde nichts: Das Archiv ist beschädigt oder passt nicht. Wählen Sie ein anderes, und sagen Sie es dem, der diese Instanz betreibt.
backups-failed-name = Daraus wurde nichts: Der Name { $name } ist inzwischen vergeben. Wählen Sie einen anderen.
backups-copy-lede = Ein neuer Mandant wird, was { $name } im Backup von { $when } war. { $name } selbst bleibt, wie er ist.
backups-with-ended = Zurückholen, was seitdem endete
backups-with-ended-about = Gelöschte Personen sowie entfernte Passkeys, verknüpfte Konten und API-Schlüssel. Nur wenn gerade ihr Ende der Fehler war: Wer gelöscht werden wollte, wäre wieder da.
backups-with-keys = API-Schlüssel gelten auch bei der Kopie
backups-with-keys-about = Die, die beim Mandanten selbst gelten. Ohne dies erreichen Programme, die ihn nutzen, die Kopie nicht aus Versehen.
backups-copy-about = In der Kopie ist niemand angemeldet. Sie hat eine andere Adresse: Browser müssen sich anmelden, Anbieter brauchen ihre Redirect-URIs, und Passkeys gelten nur, wo sie gemacht wurden.

# Sessions of a tenant
live-title = Sitzungen
live-lede = Wer jetzt angemeldet ist, die zuletzt kamen zuerst.
live-empty = Zurzeit ist niemand angemeldet.
live-none = Keine Sitzung passt zu Ihrer Suche.
live-acting = Jemand handelt in ihrem Namen
live-end-of = { $name } von { $device } abmelden

# Security of a tenant
security-title = Sicherheit
security-lede = Welche Grenzen gelten, was sie abwiesen und wer ausgesperrt ist.
security-quiet = { $count ->
    [one] { $count } Grenze hat in der letzten Woche niemanden abgewiesen
   *[other] { $count } Grenzen haben in der letzten Woche niemanden abgewiesen
  }
security-locked = Jetzt ausgesperrt
security-locked-lede = Wen eine Grenze gerade abweist, soweit das Protokoll der letzten 24 Stunden sie nennt.
security-locked-empty = Niemand ist ausgesperrt.
security-locked-guesses = { $count ->
    [one] { $count } Adresse hat ihre falschen Codes verbraucht.
   *[other] { $count } Adressen haben ihre falschen Codes verbraucht.
  }
security-locked-total = { $count ->
    [one] Insgesamt { $count }.
   *[other] Insgesamt { $count }; gezeigt sind die, die am längsten warten.
  }
security-for = { $limit }: noch { $time }
security-refused-day = { $count ->
    [one] { $count } Anfrage in 24 Stunden abgewiesen
   *[other] { $count } Anfragen in 24 Stunden abgewiesen
  }
security-everybody = Alle
security-unlock = Wieder einlassen
security-unlock-of = Wieder einlassen: { $name }
security-unlock-who = E-Mail- oder IP-Adresse
security-unlock-lede = Jemand, der nicht in der Liste steht: Es wird neu gezählt.
security-limits = Grenzen
security-limits-lede = Was jede abwies, nach dem Protokoll.
security-rate = { $limit } in { $time }
security-off = Aus
security-refused = Abgewiesen: { $today } in 24 Stunden, { $week } in 7 Tagen
security-refused-none = In 7 Tagen nichts abgewiesen
security-told-as = Was sie abwies, steht im Protokoll unter
security-offenders = In 7 Tagen am meisten abgewiesen
security-untold = { $count ->
    [one] { $count } Abweisung der letzten 7 Tage steht im Protokoll nur als Zahl, ohne ihre Grenze: Eine Flut soll es nicht füllen.
   *[other] { $count } Abweisungen der letzten 7 Tage stehen im Protokoll nur als Zahl, ohne ihre Grenze: Eine Flut soll es nicht füllen.
  }
security-fixed = { $count ->
    [one] { $count } Abweisung kam von einer Grenze, die keine Einstellung ändert.
   *[other] { $count } Abweisungen kamen von Grenzen, die keine Einstellung ändert.
  }
security-partial = Es war zu viel zu lesen: Dies sind die Ereignisse seit { $time }.
security-try = Eine Änderung ausprobieren
security-try-of = Eine Änderung ausprobieren: { $name }
security-try-lede = Was eine Grenze in den letzten 7 Tagen mit einem anderen Wert abgewiesen hätte. Geändert wird dadurch nichts.
security-try-limit = Grenze
security-try-uses = Wie viele
security-try-window = In wie vielen Sekunden
security-try-run = Nachzählen
security-try-missing = Angeboten sind nur Grenzen, deren Nutzung im Protokoll steht. Von Seitenaufrufen, Sitzungsprüfungen, Captchas, Passkey-Schritten, Anbieteraufrufen und API-Schlüsseln hat es zu wenig.
security-try-did = Tatsächlich
security-try-as-set = Wie jetzt eingestellt: { $rate }
security-try-would = Mit der Änderung: { $rate }
security-try-requests = Anfragen
security-try-networks = Netze
security-try-people = Adressen oder Benutzer
security-try-result = Was sie abweist
security-try-about = { $count ->
    [one] { $count } Nutzung im Protokoll, der Reihe nach gezählt.
   *[other] { $count } Nutzungen im Protokoll, der Reihe nach gezählt.
  }
security-try-caveat = Abweisungen, die das Protokoll nur gezählt hat, fehlen, und niemand weiß, was die Leute sonst getan hätten. Die zweite Zeile zählt dasselbe mit dem heutigen Wert: Je weiter sie von der ersten entfernt ist, desto weniger sagt die dritte.
security-try-nameless = { $count ->
    [one] { $count } davon ist von jemandem, der vergessen ist, und wird niemandem angerechnet.
   *[other] { $count } davon sind von jemandem, der vergessen ist, und werden niemandem angerechnet.
  }
security-try-fault = Das lässt sich nicht ausprobieren: { $fault }
security-blocked = Gesperrt
security-blocked-lede = Was die Einstellungen ganz fernhalten (abuse).
security-blocked-networks = Netze, die keine Antwort bekommen
security-blocked-domains = E-Mail-Domains ohne neue Benutzer
security-allowed-domains = Die einzigen E-Mail-Domains mit neuen Benutzern
security-allowed-all = Alle
security-disposable = Wegwerfadressen
security-disposable-refused = Keine neuen Benutzer
security-disposable-allowed = Wie andere
security-captcha = Captcha, bevor eine E-Mail gesendet wird
security-captcha-none = Keines
security-captcha-work = Arbeit für den Browser
security-change = In den Einstellungen ändern
security-block = Sperren
security-block-of = { $name } sperren
security-block-title = { $network } sperren?
security-block-about = Wer von dort kommt, bekommt keine Antwort mehr, bis das Netz aus der Liste der gesperrten genommen wird.
security-networks-hint = Je Zeile eines, als IP-Adresse oder CIDR-Block, etwa 203.0.113.0/24.
security-domains-hint = Je Zeile eine, etwa example.com.
security-allowed-hint = Wenn hier welche stehen, kann sonst niemand Benutzer werden. Je Zeile eine.
security-disposable-refuse = Neue Benutzer mit Wegwerfadressen abweisen
security-set-rate = So festlegen: { $rate }
limit-api-key-requests = Prüfungen eines API-Schlüssels
limit-api-key-unknown = Unbekannte API-Schlüssel aus einem Netz
limit-guesses = Falsche Codes für eine Adresse
limit-tokens = Einmal-Tokens eines Benutzers
limit-captcha = Captcha-Antworten aus einem Netz
limit-check-network = Versuchte Codes und Links aus einem Netz
limit-check-tenant = Von allen zusammen versuchte Codes
limit-send-address = Codes und Links für eine Adresse
limit-send-network = Aus einem Netz verlangte Codes und Links
limit-send-tenant = Codes und Links für alle zusammen
limit-general = Anfragen an einen Pfad aus einem Netz
limit-passkey-credential = Fehlversuche eines Passkeys
limit-passkey-network = Passkey-Schritte aus einem Netz
limit-session-check = Sitzungsprüfungen aus einem Netz
limit-social-calls = Anbieteraufrufe für einen Benutzer
limit-social-failed = Gescheiterte Anbieter-Anmeldungen aus einem Netz
limit-social-network = Begonnene Anbieter-Anmeldungen aus einem Netz

# Ways to sign in to a tenant
methods-title = Anmeldung
methods-lede = Wie man sich anmelden kann.
methods-ways = Anmeldewege
methods-on = An
methods-off = Aus
methods-open = Offen
methods-closed = Geschlossen
methods-passkeys = Immer angeboten; wer keinen hat, wird gebeten, einen zu erstellen.
methods-required = Wer einen Passkey hat, meldet sich mit nichts anderem an, und alle müssen einen haben
methods-code = Immer da: So zeigt jemand, dass eine Adresse die eigene ist.
methods-link = Ein Link in einer E-Mail führt auf eine Seite, deren Schaltfläche anmeldet. Ihre Anwendung fordert ihn an.
methods-link-offer = Anmeldung mit einem Link erlauben
methods-sign-up = Neue Konten
methods-sign-up-about = Ob jemand, der keines hat, ein Konto anlegen kann.
methods-sign-up-open = Jeder darf ein Konto anlegen
methods-providers = Andere Dienste
methods-providers-lede = Schaltflächen auf der Anmeldeseite, in dieser Reihenfolge.
methods-providers-empty = Noch kein anderer Dienst.
provider-new = Dienst hinzufügen
provider-without-secret = Kein Geheimnis
provider-settings = Der Client dort
provider-id = Name in Adressen
provider-id-hint = Ein bekannter wie google, github, microsoft, apple oder gitlab braucht nur einen Client. Jeder andere braucht seine Discovery-Adresse.
provider-client-id = Client-ID
provider-client-secret = Client-Geheimnis
provider-secret-hint = Eines ist gespeichert. Was leer bleibt, bleibt, wie es ist.
provider-discovery-url = Discovery-Adresse
provider-discovery-hint = Eines Anbieters von OpenID Connect; leer bei einem bekannten.
provider-name = Name auf der Schaltfläche (optional)
provider-redirect = Weiterleitungsadresse
provider-redirect-lede = Tragen Sie genau das ein, wo Sie den Client anmelden.
provider-test = Anbieter testen
provider-trial = Was gefunden wurde
provider-discovery = Sein Discovery-Dokument
provider-keys = Seine Schlüssel
provider-client = Ob er Ihren Client kennt
provider-passed = Gut
provider-unclear = Nicht zu sagen
provider-remove = Entfernen
provider-remove-of = { $name } entfernen
provider-remove-confirm = Niemand kann sich mehr damit anmelden. Verknüpfte Konten bleiben für den Tag, an dem er zurückkommt.

# The instance, for the owners of the platform
instance-title = Instanz
instance-lede = Wie die Mandanten aller Arbeitsbereiche laufen. Ihre Benutzer, Protokolle und Geheimnisse sind hier nicht zu sehen: Das kann nur, wer Mitglied ihres Arbeitsbereichs ist.
instance-tenants = Alle Mandanten
instance-processes = Prozesse
instance-jobs = Aufgaben
instance-health = Gesundheit
instance-search = Mandanten suchen
instance-none = Kein Mandant passt zu dieser Suche.
instance-tenants-empty = Es gibt noch keinen Mandanten.
instance-tenant = Mandant
instance-size = { $size } Daten
instance-schema = Schema { $version }
instance-backed-up = Gesichert { $ago }
instance-unbacked = Noch nicht gesichert
instance-made = Erstellt { $ago }
instance-processes-lede = Was auf dieser Maschine läuft, mit wie viel Speicher und wie lange. Das Nachsehen startet nichts.
instance-services = Die der Instanz
instance-isolated = Jeder muss alle Schichten der Sandbox haben, außer Launcher und PostgreSQL, für die sie nicht gilt.
instance-rootless = Ohne root fehlen Schichten der Sandbox, und Mandanten teilen sich ein Konto: nur zur Entwicklung.
instance-engines = Engines
instance-engines-lede = Eine für jeden Mandanten. Ruhende brauchen keinen Speicher und starten mit der nächsten Anfrage.
instance-engines-empty = Noch hat kein Mandant eine Engine.
instance-role = Prozess
instance-memory = Eigener Speicher
instance-started = Gestartet
instance-sandbox = Sandbox
instance-confined = Hält
instance-unconfined = Keine
instance-failures = Fehler in Folge
instance-down = Läuft nicht
instance-starting = Startet
instance-draining = Endet
instance-reading-log = Liest ein Protokoll aus
instance-paused = Pause nach Fehlern
instance-starts-again = wieder { $date }, { $time } UTC
instance-jobs-lede = Mandanten, die noch nicht so sind, wie sie sein sollen. Was fehlschlug, wird von selbst wieder versucht.
instance-jobs-empty = Nichts ist im Gange: jeder Mandant ist so, wie er sein soll.
job-to-run = Wird bereit gemacht
job-to-suspend = Wird angehalten
job-to-delete = Wird gestoppt, um gelöscht zu werden
job-to-destroy = Wird vernichtet
job-to-import = Wird mit Daten von anderswo gefüllt
job-to-spare = Wird im Voraus erstellt, für die nächste Anfrage
job-retries = Neuer Versuch { $date }, { $time } UTC
job-attempts = { $attempts ->
    [one] { $attempts } Versuch
   *[other] { $attempts } Versuche
  }
instance-health-lede = Soeben nachgesehen.
health-ok = In Ordnung
health-unchecked = Nicht geprüft
health-warning = Braucht Aufmerksamkeit
health-fault = Geht nicht
health-database = Datenbank
health-gateway = Eingehende Verbindungen
health-outbound = E-Mail und andere Server
health-auditor = Versiegelung der Protokolle
health-audit-logs = Audit-Protokolle
health-vault = Tresor
health-lost-tenants = Wiederherzustellende Daten
health-disk = Festplatte
health-clock = Uhr
health-isolation = Isolation
health-not-looked = nicht geprüft: { $why }
health-no-launcher = der Launcher antwortet nicht
health-no-database = die Datenbank antwortet nicht
health-no-disk = sie konnte nicht angesehen werden
health-no-clock = der Kernel sagt nicht, wie es um sie steht
health-database-answers = sie antwortet
health-database-silent = sie antwortet nicht: niemand kann sich anmelden
health-runs = der Prozess läuft
health-gateway-down = der Prozess läuft nicht: niemand kommt herein
health-outbound-down = der Prozess läuft nicht: E-Mails warten, und kein Anbieter wird erreicht
health-auditor-down = der Prozess läuft nicht: Ereignisse werden geschrieben und versiegelt, sobald er wieder da ist
health-auditor-behind = Ereignisse warten seit { $waited } s auf ihre Versiegelung, in { $logs } Protokollen
health-logs-hold = keines widerspricht dem, was sein Zeuge gesehen hat
health-logs-contradict = die von { $names } widersprechen dem, was ihr Zeuge gesehen hat, und werden nicht weiter versiegelt: wurde eine Datenbank durch eine ältere Kopie ersetzt? Siehe docs/operations.md
health-vault-works = Geheimnisse sind zu haben ({ $driver })
health-vault-silent = der Tresor antwortet nicht rechtzeitig
health-jobs-none = jeder Mandant ist, wo er sein soll
health-jobs-under-way = { $all } im Gange
health-jobs-failed = { $failed } von { $all } sind fehlgeschlagen und werden wieder versucht: siehe kiavi instance jobs
health-engines-run = { $number } laufen, die anderen schlafen
health-engines-paused = { $number } sind ausgefallen und werden nach einer Pause wieder gestartet
health-engines-quarantined = { $number } nach verbotenen Systemaufrufen in Quarantäne und nicht mehr gestartet: sehen Sie ins Protokoll
health-backups-none = keines entsteht von selbst: siehe kiavi backup schedule
health-backups-unreadable = der Zeitplan ist nicht lesbar: siehe kiavi backup schedule
health-backups-without-instance = die Instanz selbst ist in keinem Archiv: nennen Sie einen --recipient, der es öffnen kann, wenn alles verloren ist
health-backups-good = die Instanz und { $tenants } Mandanten, rechtzeitig gesichert und erprobt; die Identität des Betreibers: { $identity }
health-identity-tried = zuletzt erprobt am { $date }
health-identity-untried = nie erprobt (kiavi backup drill --instance --identity FILE)
health-backups-untried = nicht rechtzeitig zur Probe wiederhergestellt: { $names }
health-backups-late = kein Archiv vom letzten Tag: { $names }
health-domains-hold = keine ist verfallen, und keine wartet seit Tagen auf ihren Eintrag
health-domains-lapsed = verfallen, der Eintrag ist weg: { $names }
health-domains-pending = wartend, der Eintrag kam nie: { $names }
health-domain-since = { $domain } von { $tenant } seit { $since }
health-certificates-hold = jeder Name hat eines, und keines läuft bald ab
health-certificates-ending = laufen bald ab und konnten nicht erneuert werden: { $names }
health-certificates-without = konnten noch nicht ausgestellt werden, Browser kommen also nicht herein: { $names }
health-certificates-see = { $which }; siehe kiavi certificate list
health-lost-none = die Daten jedes Mandanten sind da
health-lost = stellen Sie diese aus ihren Archiven wieder her: { $names }
health-instance-itself = die Instanz selbst
health-and-more = { $names } und { $more } weitere
health-disk-files = { $percent } % der Dateien, die sie fassen kann, sind übrig: ein Mandant hat 400
health-disk-free = { $free } GB sind frei ({ $percent } %)
health-disk-low = { $left }: schaffen Sie rechtzeitig Platz
health-disk-full = { $left }: schaffen Sie Platz, sonst hält PostgreSQL an und damit jede Anmeldung
health-clock-in-step = wird nachgestellt, höchstens { $milliseconds } ms daneben
health-clock-free = nichts stellt sie nach, oder niemand hat es dem Kernel gesagt: installieren Sie chrony oder systemd-timesyncd. Codes und Sitzungen enden nach ihr, und andere Server weisen Token aus der Zukunft ab
health-isolated = jede Schicht der Sandbox ist Pflicht
health-isolated-groups = jede Schicht der Sandbox ist Pflicht; Kontrollgruppen (Version { $version }) halten jede Engine an ihrem Anteil
health-isolated-no-groups = jede Schicht der Sandbox ist Pflicht, aber es gibt keine Kontrollgruppen: jede Engine wird nur von ihren eigenen Grenzen gehalten, und eine ausgelastete kann andere verlangsamen. kiavi doctor sagt, warum
health-rootless = ohne root: Mandanten teilen ein Konto; nur für die Entwicklung

# Members of the console
domains-lede = Die Namen, unter denen dieser Mandant erreicht wird.
domains-names = Namen
certificates-title = Zertifikate
certificate-good = Sein Zertifikat von { $issuer } läuft { $date } ab.
certificate-ended = Sein Zertifikat ist { $date } abgelaufen: Browser weigern sich, hierher zu kommen.
certificate-none = Er hat noch kein Zertifikat: Browser können nicht hierher kommen.
certificate-pending = Sein Zertifikat wird gerade ausgestellt.
certificate-unverified = Die Zertifizierungsstelle hat diesen Dienst unter dem Namen nicht gefunden. Lassen Sie seine A- und AAAA-Einträge hierher führen.
certificate-limited = Die Zertifizierungsstelle bittet darum, es später erneut zu versuchen.
certificate-forbidden = Ein CAA-Eintrag der Domain nennt andere Zertifizierungsstellen. Fügen Sie diese hinzu.
certificate-refused = Die Zertifizierungsstelle lehnt diesen Namen ab. Fragen Sie, wer diese Instanz betreibt.
certificate-unreachable = Die Zertifizierungsstelle ist nicht zu erreichen.
certificate-other = Das Zertifikat konnte nicht ausgestellt werden. Fragen Sie, wer diese Instanz betreibt.
certificate-again = Neuer Versuch { $date }, { $time } UTC.
certificate-says = Sie sagt: { $detail }
certificate-renew = Noch einmal versuchen
certificate-renew-of = Noch einmal versuchen, ein Zertifikat für { $domain } zu bekommen
domains-title = Domains
domains-primary = Hauptname
domains-checked = Zuletzt gesucht { $time }.
domains-verify = Eintrag suchen
domains-verify-of = Eintrag von { $domain } suchen
domains-remove = Entfernen
domains-remove-of = { $domain } entfernen
domains-remove-confirm = Dort kann sich niemand mehr anmelden, und ein anderer Mandant kann die Domain nachweisen.
domains-record = Der Eintrag von { $domain }
domains-record-name = Name
domains-record-type = Typ
domains-record-value = Wert
domains-add = Eine Domain hinzufügen
domains-add-lede = Danach setzen Sie in ihrem DNS einen Eintrag, der zeigt, dass sie Ihnen gehört. Bis dahin ändert sich nichts.
domains-label = Domain
domain-served = In Gebrauch
domain-former = Früher
domain-pending = Wartet auf den Eintrag
domain-verified = Nachgewiesen
domain-missing = Eintrag fehlt
domain-lapsed = Abgelaufen
domain-own-about = Er gehört zum Namen des Mandanten.
domain-former-about = Er führt noch eine Zeit lang zum Hauptnamen.
domain-given-about = Der Betreiber hat ihn gesetzt, ohne Eintrag.
domain-pending-about = Setzen Sie den Eintrag unten und lassen Sie ihn dann suchen. Neue Einträge brauchen einige Minuten.
domain-verified-about = Lassen Sie den Eintrag stehen.
domain-missing-about = Sie ist weiter in Gebrauch. Setzen Sie den Eintrag unten wieder.
domain-lapsed-about = Der Eintrag fehlt seit Tagen. Die Domain ist weiter in Gebrauch, bis ein anderer Mandant sie nachweist.
console-nav = Arbeitsbereich
palette-open = Gehe zu …
palette-keys = Strg K
palette-label = Seite, Mandant oder Person
palette-none = Nichts gefunden
palette-people = Benutzer suchen: „{ $text }“
workspace-switch = Arbeitsbereich wechseln
workspace-new = Neuer Arbeitsbereich
workspace-new-lede = Ein Arbeitsbereich hat eigene Mandanten, Schlüssel und Mitglieder. Er gehört dann Ihnen.
workspace-name = Name
workspace-slug = Name in Adressen
workspace-slug-hint = Kleinbuchstaben, Ziffern und Bindestriche.
workspace-create = Arbeitsbereich anlegen
workspace-rename = Diesen Arbeitsbereich umbenennen
team-title = Team
team-lede = Wer in { $workspace } arbeitet und was diese Personen dürfen.
team-members = Mitglieder
team-alone = Sie sind hier allein. Laden Sie die Menschen ein, mit denen Sie arbeiten.
team-you = Sie
team-joined = Dabei seit: { $time }
team-role = Rolle
team-role-of = Rolle ändern: { $name }
team-role-change = Rolle ändern
team-remove = Entfernen
team-remove-of = { $name } entfernen
team-remove-confirm = Von diesem Augenblick an sieht und tut diese Person in { $workspace } nichts mehr.
team-remove-keys = Verwaltungsschlüssel, deren Geheimnis diese Person kennt, werden widerrufen: { $keys }. Um einen zu behalten, erneuern Sie ihn vorher selbst.
team-role-keys = Verwaltungsschlüssel, deren Geheimnis diese Person kennt, dürfen nur noch, was die neue Rolle darf: { $keys }.
team-invitations = Einladungen
team-invitations-empty = Zurzeit ist niemand eingeladen.
team-invite = Jemanden einladen
team-invite-lede = Die Person bekommt eine E-Mail mit einem Link. Er gilt 7 Tage und nur für diese Adresse.
team-invite-send = Einladung senden
team-invited = Eingeladen: { $time }
team-invite-expired = Abgelaufen
team-resend = Erneut senden
team-resend-of = Einladung an { $email } erneut senden
team-revoke = Zurückziehen
team-revoke-of = Einladung an { $email } zurückziehen
team-roles = Was die Rollen dürfen
role-owner = Eigentümer
role-owner-about = Alles, auch der Arbeitsbereich selbst.
role-admin = Administrator
role-admin-about = Alles außer dem Arbeitsbereich selbst: Mandanten, Einstellungen, Schlüssel und Mitglieder.
role-developer = Entwickler
role-developer-about = Baut: Mandanten, Einstellungen und Schlüssel. Löscht keine Mandanten und verwaltet keine Mitglieder.
role-support = Support
role-support-about = Hilft Benutzern und kann an ihrer Stelle handeln. Ändert keine Konfiguration.
role-viewer = Betrachter
role-viewer-about = Sieht alles, ändert nichts.
role-auditor = Prüfer
role-auditor-about = Liest nur Protokoll und Nachweise.
role-privacy = Datenschutz
role-privacy-about = Beantwortet Anfragen betroffener Personen und bearbeitet Vorfälle.
owner-title = Eigentümer werden
owner-lede = Sie sind angemeldet als { $email }. Als Eigentümer von { $workspace } dürfen Sie dort alles und können andere einladen.
invitation-title = { $workspace } beitreten
invitation-lede = { $inviter } lädt Sie ein, Rolle: { $role }. Sie sind angemeldet als { $email }.
invitation-accept = Beitreten
invitation-accept-of = { $workspace } beitreten als { $role }
invitation-later = Jetzt nicht
no-workspace-title = Noch kein Arbeitsbereich
no-workspace-lede = Sie sind angemeldet als { $email }, gehören aber zu keinem Arbeitsbereich. Bitten Sie ein Mitglied, diese Adresse einzuladen.
no-owner-title = Diese Instanz gehört noch niemandem
no-owner-lede = Sie sind angemeldet als { $email }. Wer diese Instanz betreibt, wird ihr Eigentümer mit dem Link, der beim Start ausgegeben wurde; „kiavi console first-owner“ gibt einen neuen aus.
no-workspace-invited = Sie sind eingeladen
link-gone-title = Dieser Link gilt nicht mehr
link-gone-invitation = Er ist abgelaufen, wurde benutzt oder zurückgezogen, oder es gibt einen neueren. Bitten Sie um eine neue Einladung.
link-gone-owner = Er ist abgelaufen oder wurde schon benutzt. Wer diese Instanz betreibt, bekommt mit „kiavi console first-owner“ einen neuen.
owner-exists-title = Es gibt schon einen Eigentümer
owner-exists-lede = Dieser Link war für den ersten Eigentümer. Bitten Sie den Eigentümer um eine Einladung.
wrong-address-title = Diese Einladung ist für eine andere Adresse
wrong-address-lede = Sie ging an { $invited }, und Sie sind angemeldet als { $email }. Melden Sie sich mit der Adresse an, an die sie ging.
wrong-address-switch = Mit anderer Adresse anmelden
unverified-title = Bestätigen Sie zuerst Ihre Adresse
unverified-lede = Noch zeigt nichts, dass { $email } Ihnen gehört. Melden Sie sich einmal mit einem Code per E-Mail an und öffnen Sie den Link noch einmal.
entry-failed-title = Die Anmeldung hat nicht geklappt
entry-failed-lede = Sie hat zu lange gedauert, wurde schon benutzt oder begann in einem anderen Browser. Beginnen Sie hier noch einmal.
prove-title = Bestätigen Sie, dass Sie es sind
prove-lede = Sie sind angemeldet als { $email }. Nutzen Sie Ihren Passkey, um weiterzumachen: Ein Code zählt hier nicht.
prove-confirm = Passkey verwenden
prove-failed = Das hat nicht geklappt. Versuchen Sie es mit einem Passkey dieses Kontos noch einmal.
prove-none = Sie haben noch keinen Passkey. Erstellen Sie einen, danach geht es hier weiter.
prove-no-script = Ihr Browser führt hier keine Skripte aus, ein Passkey kann also nicht benutzt werden. Nehmen Sie einen anderen Browser.

# Die Galerie einer Entwicklungsinstanz
components-title = Bausteine
components-lede = Jede Seite in jedem Zustand, mit erfundenen Personen. Nur kiavi dev hat diese Seite.
components-look = Aussehen
components-look-ours = Kiavi
components-look-of = Mandant { $number }
components-mails = E-Mails

# Postfach
mailbox-title = Postfach
mailbox-lede = Jede E-Mail dieser Entwicklungsinstanz landet hier. Keine verlässt diesen Rechner.
mailbox-empty-title = Noch keine E-Mail
mailbox-empty-lede = Fordern Sie einen Anmeldecode an, und er erscheint hier von selbst.
mailbox-to = An { $email }
mailbox-copy-code = Code { $code } kopieren
mailbox-count = { $count ->
    [one] { $count } E-Mail
   *[other] { $count } E-Mails
  }

# Zeit
time-now = gerade eben
time-today = heute
time-yesterday = gestern
time-minutes-ago = { $minutes ->
    [one] vor { $minutes } Minute
   *[other] vor { $minutes } Minuten
  }
time-hours-ago = { $hours ->
    [one] vor { $hours } Stunde
   *[other] vor { $hours } Stunden
  }
time-days-ago = { $days ->
    [one] vor { $days } Tag
   *[other] vor { $days } Tagen
  }
wait-over = Sie können es jetzt erneut versuchen.
time-left-seconds = { $seconds ->
    [one] { $seconds } Sekunde
   *[other] { $seconds } Sekunden
  }
time-left-minutes = { $minutes ->
    [one] { $minutes } Minute
   *[other] { $minutes } Minuten
  }
time-left-hours = { $hours ->
    [one] { $hours } Stunde
   *[other] { $hours } Stunden
  }
time-left-days = { $days ->
    [one] { $days } Tag
   *[other] { $days } Tage
  }
time-on-date = am { $day }. { $monthName } { $year }
time-month = { $month ->
    [1] Januar
    [2] Februar
    [3] März
    [4] April
    [5] Mai
    [6] Juni
    [7] Juli
    [8] August
    [9] September
    [10] Oktober
    [11] November
   *[12] Dezember
  }

# Hinweise: was geschah, dann was zu tun ist
notice-code-wrong = Dieser Code stimmt nicht. Sehen Sie in die neueste E-Mail und versuchen Sie es erneut.
notice-code-expired = Dieser Code ist abgelaufen. Senden Sie einen neuen.
notice-code-tries = Zu viele falsche Codes. Senden Sie einen neuen und verwenden Sie diesen.
notice-code-other-browser = Dieser Code gehört zu dem Browser, der ihn angefordert hat. Fordern Sie hier einen neuen an.
notice-code-sent = Wir haben Ihnen einen neuen Code gesendet. Der alte gilt nicht mehr.
notice-link-expired = Dieser Link ist abgelaufen oder wurde schon benutzt. Fordern Sie einen neuen an.
notice-deletion-mail-sent = Wir haben Ihnen eine E-Mail gesendet. Öffnen Sie den Link darin in diesem Browser, um Ihr Konto zu löschen.
notice-email-invalid = Geben Sie eine E-Mail-Adresse wie name@example.com ein.
notice-passkey-cancelled = Der Passkey geht nicht? Nehmen Sie stattdessen einen Code per E-Mail.
notice-passkey-unknown = Dieser Passkey wurde aus Ihrem Konto entfernt. Nehmen Sie einen Code per E-Mail und erstellen Sie dann einen neuen.
notice-passkey-unsupported = Dieser Browser kann keine Passkeys verwenden. Nehmen Sie einen Code per E-Mail.
notice-passkey-exists = Dieses Gerät hat schon einen Passkey für Ihr Konto.
notice-passkey-verification = Ihr Gerät hat nicht bestätigt, dass Sie es sind. Richten Sie eine Bildschirmsperre oder PIN ein und versuchen Sie es erneut.
notice-passkey-wrong-domain = Unter dieser Adresse gehen Passkeys nicht. Öffnen Sie die gewohnte Anmeldeseite.
notice-passkey-timeout = Das hat zu lange gedauert. Versuchen Sie es erneut.
notice-passkey-failed = Der Passkey ließ sich nicht prüfen. Versuchen Sie es erneut oder nehmen Sie einen Code per E-Mail.
notice-passkey-create-cancelled = Es wurde kein Passkey erstellt. Versuchen Sie es erneut oder holen Sie es später nach.
notice-passkey-created = Ihr Passkey ist bereit. Verwenden Sie ihn bei der nächsten Anmeldung.
notice-passkey-renamed = Der Passkey hat seinen neuen Namen.
notice-passkey-removed = Der Passkey wurde entfernt.
notice-passkey-gone = Dieser Passkey wurde schon entfernt.
notice-passkey-last = Das ist Ihr einziger Weg, sich anzumelden. Bestätigen Sie zuerst Ihre E-Mail-Adresse.
notice-passkey-held = Sie haben sich per E-Mail angemeldet, darum bleiben frühere Passkeys noch eine Weile. Melden Sie sich mit einem davon an, oder warten Sie.
notice-email-same = Diese Adresse haben Sie schon.
notice-email-taken = Mit dieser Adresse hat jemand ein Konto. Nehmen Sie eine andere.
notice-email-changed = Ihre E-Mail-Adresse wurde geändert.
notice-profile-saved = Ihr Profil wurde gespeichert.
notice-name-invalid = Geben Sie einen Namen mit höchstens 100 Zeichen ein.
notice-session-revoked = Das Gerät wurde abgemeldet.
notice-sessions-revoked = Alle anderen Geräte wurden abgemeldet.
notice-session-ended = Sie wurden abgemeldet. Melden Sie sich wieder an, um fortzufahren.
notice-sign-in-again = Melden Sie sich zu Ihrer Sicherheit erneut an, um das zu ändern.
notice-flow-expired = Das hat zu lange gedauert. Beginnen Sie von vorn.
notice-rate-limited = Zu viele Versuche. Versuchen Sie es in { $time } erneut.
notice-too-many = Zu viele Versuche. Warten Sie einen Moment und versuchen Sie es dann erneut.
notice-suspended = Dieses Konto ist gesperrt. Wenden Sie sich an den Support.
notice-passkey-required = Dieses Konto hat einen Passkey, deshalb melden Code und Link nicht mehr an. Verwenden Sie Ihren Passkey.
notice-sign-up-closed = Neue Konten sind hier nicht möglich. Bitten Sie um eine Einladung.
notice-provider-denied = Der andere Dienst hat die Anmeldung nicht erlaubt. Versuchen Sie es erneut oder nehmen Sie einen Code.
notice-provider-unverified = Der andere Dienst hat Ihre E-Mail-Adresse nicht bestätigt. Nehmen Sie stattdessen einen Code.
notice-provider-failed = Der andere Dienst hat nicht wie erwartet geantwortet. Versuchen Sie es erneut oder nehmen Sie einen Code.
notice-account-conflict = Sie haben schon ein Konto. Bestätigen Sie mit einem Passkey oder einem Code.
notice-account-linked = Die Verknüpfung steht. Ab jetzt können Sie sich damit anmelden.
notice-account-unlinked = Die Verknüpfung wurde getrennt.
notice-account-gone = Dieses Konto war schon getrennt.
notice-account-last = Das ist Ihr einziger Weg, sich anzumelden. Erstellen Sie zuerst einen Passkey oder melden Sie sich einmal mit einem Code per E-Mail an.
notice-account-other-email = Dieses Konto hat eine andere E-Mail-Adresse als Ihres hier und wurde deshalb nicht verknüpft.
notice-account-taken = Dieses Konto ist hier mit einer anderen Person verknüpft.
notice-account-unable = Die Verknüpfung ging nicht: Der andere Dienst hat Ihre E-Mail-Adresse nicht bestätigt, oder Sie wurden inzwischen abgemeldet. Versuchen Sie es noch einmal.
notice-connect-other = Sie haben sich bei einem anderen Konto angemeldet, deshalb wurde nichts verknüpft. Beginnen Sie von vorn, um es hier zu verknüpfen.
notice-connect-expired = Sie sind angemeldet, aber das Verknüpfen hat zu lange gedauert. Verknüpfen Sie es auf Ihrer Kontoseite.
notice-connect-needs-code = Verwenden Sie zum Verknüpfen einen Code per E-Mail: Ihre E-Mail-Adresse wurde hier nie bestätigt.
notice-not-while-acting = Sie handeln als eine andere Person. Nur sie selbst kann das ändern.
notice-acting-stopped = Sie handeln wieder als Sie selbst.
notice-acting-link = Dieser Link wurde benutzt oder ist älter als eine Minute. Beginnen Sie in der Konsole neu.
notice-acting-refused = Als diese Person kann jetzt niemand handeln. Sehen Sie in der Konsole auf ihrer Seite nach.
notice-member-invited = Die Einladung ist unterwegs.
notice-member-exists = Diese Person ist schon Mitglied.
notice-member-role-changed = Die Rolle wurde geändert.
notice-member-removed = Das Mitglied wurde entfernt.
notice-member-role-keys = Die Rolle wurde geändert. Verwaltungsschlüssel dieser Person dürfen jetzt weniger.
notice-member-removed-keys = Das Mitglied wurde entfernt, und die Verwaltungsschlüssel, die es kannte, wurden widerrufen.
notice-member-owner-last = Ein Arbeitsbereich braucht einen Eigentümer. Machen Sie zuerst jemand anderen dazu.
notice-member-role-above = Sie können keine Rolle geben oder nehmen, die mehr darf als Ihre.
notice-member-forbidden = Ihre Rolle erlaubt das nicht.
notice-invitation-resent = Die Einladung wurde erneut gesendet. Der frühere Link gilt nicht mehr.
notice-invitation-revoked = Die Einladung wurde zurückgezogen.
notice-invitation-exists = Diese Adresse ist schon eingeladen. Senden Sie stattdessen diese Einladung erneut.
notice-invitation-paused = Diese Einladung wurde gerade erst gesendet. Warten Sie fünf Minuten, bevor Sie sie erneut senden.
notice-invitation-gone = Diese Einladung wurde inzwischen beantwortet oder zurückgezogen.
notice-workspace-renamed = Der Arbeitsbereich hat seinen neuen Namen.
notice-workspace-exists = Es gibt schon einen Arbeitsbereich dieses Namens. Wählen Sie einen anderen.
notice-workspace-name = Geben Sie einen Namen mit höchstens 100 Zeichen ein und für Adressen Kleinbuchstaben, Ziffern und innere Bindestriche.
notice-domain-added = Die Domain wurde hinzugefügt. Setzen Sie jetzt ihren Eintrag.
notice-domain-proved = Der Eintrag ist da. Die Domain ist in Gebrauch.
notice-domain-absent = Der Eintrag ist noch nicht da. Ein neuer braucht einige Minuten.
notice-domain-different = Es gibt einen Eintrag, aber er lautet anders. Vergleichen Sie den Wert.
notice-domain-unanswered = Kein Nameserver hat geantwortet. Versuchen Sie es noch einmal.
notice-domain-taken = Diese Domain oder eine darüber oder darunter ist schon in Gebrauch.
notice-domain-invalid = Geben Sie eine Ihrer Domains ein, etwa auth.example.com.
notice-certificate-asked = Ein Zertifikat ist angefragt. Das dauert Sekunden oder einige Minuten.
notice-certificate-limit = Zertifikate dieses Mandanten wurden eben viele Male angefragt. Es wird von selbst wieder versucht; fragen Sie in einigen Minuten noch einmal.
notice-domain-limit = Dieser Mandant hat so viele Domains, wie er haben darf. Entfernen Sie zuerst eine.
notice-domain-removed = Die Domain wurde entfernt.
notice-domain-primary = Der Hauptname kann nicht entfernt werden.
notice-domain-gone = Diese Domain wurde inzwischen entfernt.
notice-backup-no-place = Diese Instanz hat noch keinen Ort für Archive. Wer sie betreibt, muss einen nennen.
notice-backup-gone = Dieses Backup wird nicht mehr aufbewahrt.
notice-backup-under-way = Es ist schon etwas im Gang. Diese Seite sagt, wie weit es ist.
notice-backup-too-many = Das wurde so oft beauftragt, wie es an einem Tag geht. Versuchen Sie es morgen wieder.
notice-step-up-done = Danke. In den nächsten fünf Minuten können Sie das tun.
notice-user-role-changed = Die Rolle dieser Person wurde geändert.
notice-user-role-empty = Ein Benutzer hat mindestens eine Rolle.
notice-user-banned = Die Person ist gesperrt und überall abgemeldet.
notice-user-unbanned = Die Person kann sich wieder anmelden.
notice-user-session-ended = Diese Sitzung wurde beendet.
notice-user-sessions-ended = Die Person ist überall abgemeldet.
notice-user-created = Die Person wurde hinzugefügt.
notice-user-exists = Diese Adresse hat schon jemand.
notice-user-passkey-removed = Mit diesem Passkey kann sich die Person nicht mehr anmelden.
notice-user-passkey-gone = Dieser Passkey der Person war schon entfernt.
notice-user-key-off = Programme, die diesen Schlüssel benutzen, werden ab sofort abgewiesen.
notice-user-key-on = Programme können diesen Schlüssel wieder benutzen.
notice-user-key-gone = Diesen Schlüssel hat die Person nicht mehr.
notice-user-removed = Der Benutzer wurde gelöscht.
notice-user-gone = Diesen Benutzer gibt es nicht mehr.
notice-user-refused = Der Mandant hat das nicht angenommen. Laden Sie die Seite neu und versuchen Sie es noch einmal.
notice-user-act-reason = Sagen Sie in 3 bis 200 Zeichen, warum.
notice-user-act-admin = Als Administrator der Anwendung handelt niemand.
notice-user-act-banned = Als gesperrte Person handelt niemand.
notice-user-act-off = In den Einstellungen dieses Mandanten ist das Handeln als andere Person abgeschaltet.
notice-settings-saved = Gespeichert. Der Mandant läuft binnen einer Sekunde damit.
notice-settings-meanwhile = Jemand anderes hat die Einstellungen inzwischen geändert. Sehen Sie sich unten die neueste Version an und versuchen Sie es noch einmal.
notice-provider-exists = Einen Dienst dieses Namens gibt es schon. Ändern Sie jenen.
notice-provider-gone = Diesen Dienst gibt es nicht mehr.
notice-provider-removed = Der Dienst wurde entfernt.
notice-mail-retried = Der Versand wird jetzt versucht.
notice-mail-not-waiting = Diese E-Mail wartet nicht mehr.
notice-mail-lifted = Diese Adresse bekommt wieder E-Mails.
notice-mail-not-suppressed = Diese Adresse war nicht auf der Liste: Sie bekommt E-Mails.
notice-isolation-tried = Die Isolation wurde ausprobiert; unten steht, was gefunden wurde.
notice-isolation-busy = Sie wird gerade ausprobiert. Sehen Sie in einigen Sekunden wieder nach.
notice-isolation-often = Sie wurde so oft ausprobiert, wie es in einer Stunde geht. Versuchen Sie es später wieder.
notice-isolation-resting = Der Mandant läuft nicht, also gibt es nichts auszuprobieren.
notice-unlocked = Wieder eingelassen.
notice-not-locked = Keine Grenze sperrt hier jemanden aus.
notice-network-kept-out = Das Netz ist gesperrt. Es steht unten in der Liste.
notice-unlock-who = Das ist weder eine E-Mail-Adresse noch eine IP-Adresse.
notice-tenant-name = Ein Name hat höchstens 63 Kleinbuchstaben a bis z, Ziffern und innere Bindestriche, etwa shop.
notice-tenant-name-reserved = Dieser Name ist reserviert. Wählen Sie einen anderen.
notice-tenant-name-taken = Diesen Namen hat oder hatte ein anderer Mandant. Wählen Sie einen anderen.
notice-key-revoked = Der Schlüssel wurde widerrufen. Er öffnet nichts mehr.
notice-key-gone = Dieser Schlüssel ist nicht mehr aktiv.
notice-key-name = Geben Sie dem Schlüssel einen Namen mit höchstens 100 Zeichen.
notice-key-scopes = Wählen Sie, was der Schlüssel darf, und nichts, was Sie nicht dürfen.
notice-webhook-saved = Gespeichert. Was ab jetzt geschieht, wird so gesendet.
notice-webhook-removed = Der Endpunkt wurde entfernt.
notice-webhook-exists = Einen Endpunkt dieses Namens gibt es schon. Wählen Sie einen anderen Namen.
notice-webhook-gone = Diesen Endpunkt gibt es nicht mehr.
notice-webhook-enabled = Was wartet, wird jetzt gesendet.
notice-webhook-replayed = Es wird noch einmal gesendet. Laden Sie die Seite gleich neu, um zu sehen, was daraus wurde.
notice-webhook-not-replayed = Das kann jetzt nicht gesendet werden: Der Endpunkt bekommt nichts, oder das Ereignis ist schon unterwegs.
notice-view-saved = Die Ansicht ist gespeichert.
notice-view-renamed = Die Ansicht hat ihren neuen Namen.
notice-view-deleted = Die Ansicht ist gelöscht.
notice-view-name = Geben Sie der Ansicht einen Namen mit höchstens 60 Zeichen.
notice-view-exists = Sie haben schon eine Ansicht dieses Namens.
notice-view-limit = Mehr Ansichten kann es für diesen Mandanten nicht geben. Löschen Sie zuerst eine.
notice-view-gone = Diese Ansicht gibt es nicht mehr.
notice-engine-away = Der Mandant antwortet gerade nicht. Versuchen Sie es in einigen Sekunden noch einmal.
notice-cookies-blocked = Ihr Browser blockiert Cookies. Erlauben Sie sie für diese Seite und versuchen Sie es erneut.
notice-offline = Sie sind offline. Prüfen Sie Ihre Verbindung und versuchen Sie es erneut.
notice-wrong-origin = Dieses Formular kam von einer anderen Seite. Bitte füllen Sie es hier noch einmal aus.
notice-captcha-failed = Die Prüfung gegen Spam hat nicht geklappt. Versuchen Sie es erneut.
notice-network-blocked = Ihr Netzwerk ist hier gesperrt. Versuchen Sie es aus einem anderen oder fragen Sie den Betreiber dieser Seite.
notice-maintenance = Wir führen gerade Wartungsarbeiten durch. Bitte versuchen Sie es in ein paar Minuten erneut.
notice-unexpected = Etwas ist schiefgegangen. Versuchen Sie es erneut.

# E-Mail
mail-code-subject = { $code } ist Ihr Code für { $app }
mail-code-verify-subject = { $code } bestätigt Ihre E-Mail-Adresse für { $app }
mail-code-title = Ihr Anmeldecode
mail-code-verify-title = Bestätigen Sie Ihre E-Mail-Adresse
mail-code-lede = Geben Sie diesen Code ein, um sich bei { $app } anzumelden:
mail-code-verify-lede = Geben Sie diesen Code in { $app } ein, um zu bestätigen, dass diese Adresse Ihnen gehört:
mail-code-valid = { $minutes ->
    [one] Er gilt { $minutes } Minute und nur einmal.
   *[other] Er gilt { $minutes } Minuten und nur einmal.
  }
mail-code-warning = Geben Sie diesen Code niemandem weiter. Unsere Mitarbeiter fragen nie danach.
mail-code-ignore = Sie haben ihn nicht angefordert? Dann müssen Sie nichts tun: Ohne den Code kann sich niemand anmelden.
mail-link-subject = Bei { $app } anmelden
mail-link-title = Ihr Anmeldelink
mail-link-lede = Öffnen Sie diesen Link, um sich bei { $app } anzumelden:
mail-link-valid-hours = { $hours ->
    [one] Er ist { $hours } Stunde gültig und funktioniert einmal.
   *[other] Er ist { $hours } Stunden gültig und funktioniert einmal.
  }
mail-link-ignore = Geben Sie diese E-Mail nicht weiter: Wer den Link öffnet, meldet sich als Sie an. Sie haben ihn nicht angefordert? Dann müssen Sie nichts tun.
mail-invitation-subject = { $inviter } lädt Sie zu { $workspace } ein
mail-invitation-title = Sie sind eingeladen
mail-invitation-lede = { $inviter } lädt Sie ein, in { $workspace } bei { $app } zu arbeiten. Den Link zu öffnen bewirkt noch nichts; Sie entscheiden auf seiner Seite.
mail-invitation-button = Einladung ansehen
mail-invitation-ignore = Sie gilt nur für diese Adresse. Haben Sie sie nicht erwartet? Dann brauchen Sie nichts zu tun.
mail-link-valid-days = { $days ->
    [one] Er gilt { $days } Tag und ein einziges Mal.
   *[other] Er gilt { $days } Tage und ein einziges Mal.
  }
mail-delete-subject = Bestätigen Sie, dass Ihr Konto bei { $app } gelöscht werden soll
mail-delete-lede = Öffnen Sie diesen Link, um Ihr Konto bei { $app } zu löschen. Alles darin wird endgültig entfernt.
mail-delete-ignore = Sie haben das nicht angefordert? Dann ist jemand anderes als Sie angemeldet: Melden Sie sich an und melden Sie alle anderen Geräte ab.
mail-changed-subject = Ihre E-Mail-Adresse für { $app } wurde geändert
mail-changed-title = Ihre E-Mail-Adresse wurde geändert
mail-changed-lede = Bei { $app } melden Sie sich jetzt mit { $email } an. Diese Adresse funktioniert dort nicht mehr.
mail-changed-advice = Das waren nicht Sie? Wenden Sie sich sofort an den Support.
mail-deleted-subject = Ihr Konto bei { $app } wurde gelöscht
mail-deleted-lede = Ihr Konto bei { $app } und alles darin wurde entfernt.
mail-deleted-advice = Sie haben das nicht veranlasst? Wenden Sie sich sofort an den Support.
mail-account-linked-subject = Ein Konto bei { $provider } wurde mit Ihrem Konto bei { $app } verknüpft
mail-account-linked-title = Ein Konto wurde verknüpft
mail-account-linked-lede = Mit einem Konto bei { $provider } kann man sich ab jetzt bei Ihrem Konto für { $app } anmelden.
mail-account-linked-advice = Das waren nicht Sie? Melden Sie sich sofort an, trennen Sie diese Verknüpfung und melden Sie alle anderen Geräte ab.
mail-account-unlinked-subject = Ein Konto bei { $provider } wurde von Ihrem Konto bei { $app } getrennt
mail-account-unlinked-title = Eine Verknüpfung wurde getrennt
mail-account-unlinked-lede = Mit einem Konto bei { $provider } kann man sich nicht mehr bei Ihrem Konto für { $app } anmelden.
mail-account-unlinked-advice = Das waren nicht Sie? Melden Sie sich sofort an, prüfen Sie Ihre verknüpften Konten und melden Sie alle anderen Geräte ab.
mail-passkey-added-subject = Ihrem Konto bei { $app } wurde ein Passkey hinzugefügt
mail-passkey-added-title = Ein Passkey wurde hinzugefügt
mail-passkey-added-lede = Ein neuer Passkey kann sich bei Ihrem Konto für { $app } anmelden.
mail-passkey-added-advice = Das waren nicht Sie? Melden Sie sich sofort an, entfernen Sie diesen Passkey und melden Sie alle anderen Geräte ab.
mail-passkey-removed-subject = Ein Passkey wurde von Ihrem Konto bei { $app } entfernt
mail-passkey-removed-title = Ein Passkey wurde entfernt
mail-passkey-removed-lede = Ein Passkey kann sich nicht mehr bei Ihrem Konto für { $app } anmelden.
mail-passkey-removed-advice = Das waren nicht Sie? Melden Sie sich sofort an, prüfen Sie Ihre Passkeys und melden Sie alle anderen Geräte ab.
mail-passkey-removed-support-lede = Der Support hat einen Passkey von Ihrem Konto bei { $app } entfernt. Er kann sich nicht mehr anmelden.
mail-recovery-subject = Jemand hat sich bei { $app } ohne Ihren Passkey angemeldet
mail-recovery-title = Eine Anmeldung ohne Ihren Passkey
mail-recovery-lede = { $hours ->
    [one] Jemand hat sich bei Ihrem Konto für { $app } per E-Mail angemeldet, obwohl es Passkeys hat. { $hours } Stunde lang können diese nicht entfernt werden.
   *[other] Jemand hat sich bei Ihrem Konto für { $app } per E-Mail angemeldet, obwohl es Passkeys hat. { $hours } Stunden lang können diese nicht entfernt werden.
  }
mail-recovery-advice = Waren das nicht Sie? Melden Sie sich sofort mit Ihrem Passkey an, entfernen Sie unbekannte Passkeys, melden Sie alle anderen Geräte ab und prüfen Sie Ihr Postfach.
mail-test-subject = Testnachricht von { $app }
mail-test-title = E-Mail kommt an
mail-test-lede = E-Mail von { $app } kommt bei dieser Adresse an.
mail-test-advice = Wer { $app } betreut, probiert den Mailserver aus. Sie müssen nichts tun.
mail-when-device = Das geschah { $date } um { $time } Uhr (UTC). Gerät: { $device }.
mail-when = Das geschah { $date } um { $time } Uhr (UTC).

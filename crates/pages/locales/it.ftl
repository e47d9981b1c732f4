# Cornice
skip-to-content = Vai al contenuto
language = Lingua
secured-by = Protetto da Kiavi
foot-links = Condizioni e aiuto
foot-terms = Condizioni d’uso
foot-privacy = Privacy
foot-support = Aiuto
acting-label = A nome di un’altra persona
acting-as = Stai agendo come { $user } fino alle { $time } UTC, con l’accesso di { $admin }.
acting-stop = Termina
acting-title = Agire come { $name }
acting-lede = Per { $time } avrai accesso a { $app } come { $user }.
acting-reason = Motivo
acting-recorded = Ciò che fai resta nel registro, con il tuo nome.
acting-own = Qui hai effettuato l’accesso come { $user }. Quella sessione aspetta finché non termini.
acting-begin = Inizia
acting-support = Qualcuno di { $app } ha effettuato l’accesso a tuo nome
acting-support-until = Iniziato { $ago }, termina al più tardi alle { $time } UTC
acting-support-end = Termina
or = oppure
action-cancel = Annulla
action-continue = Continua
action-save = Salva
action-copy = Copia
action-copied = Copiato
action-search = Cerca
action-show-all = Mostra tutto
action-try-again = Riprova
label-request-id = ID della richiesta

# Accesso
sign-in-title = Accedi a { $app }
sign-in-lede = Con una passkey o un codice via e-mail. Senza password.
email-label = Indirizzo e-mail
email-placeholder = nome@example.com
passkey-sign-in = Accedi con una passkey
returning-button = Continua come { $email }
sign-in-new = Prima volta qui? Inserisci la tua e-mail e creiamo il tuo account.
provider-continue = Continua con { $provider }
captcha-working = Un momento: il browser svolge un piccolo compito che tiene lontano lo spam.
captcha-no-script = Per ricevere un codice qui, il browser deve eseguire script. Attivali e ricarica la pagina.

# Codice
code-title = Controlla la tua e-mail
code-lede = Abbiamo inviato un codice a { $email }.
code-label = Codice di accesso
code-hint = { $count ->
    [one] { $count } cifra, valido { $minutes } min. Inseriscilo in questo browser.
   *[other] { $count } cifre, valido { $minutes } min. Inseriscilo in questo browser.
  }
code-change-email = Usa un’altra e-mail
code-resend = Invia un nuovo codice
code-resend-in = Nuovo codice tra { $time }
code-spam = Non arriva nulla? Guarda nella posta indesiderata.
link-lede = Accedi come { $email }.
link-confirm = Accedi
connect-title = Hai già un account
connect-lede = Qui c’è un account per { $email }, ma { $provider } non è ancora collegato. Dimostra che l’account è tuo e colleghiamo i due.
connect-code = Inviami un codice
connect-code-lede = Poi colleghiamo { $provider } al tuo account.
connect-other-proof = Scegli un altro modo
connect-confirm = Collega { $provider }
connect-confirm-lede = Hai effettuato l’accesso come { $email }. Poi potrai accedere qui anche con { $provider }.

# Offerta di una passkey
offer-title = La prossima volta accedi più in fretta
offer-lede = Con una passkey accedi con l’impronta, il volto o il blocco schermo. Niente da ricordare, niente da scrivere.
offer-point-phishing = Non può essere indovinata, riutilizzata o rubata da un sito falso.
offer-point-device = L’impronta o il volto non lasciano mai il tuo dispositivo.
offer-create = Crea una passkey
offer-later = Non ora
offer-no-script = Il tuo browser qui non esegue script, quindi non è possibile creare una passkey. Puoi continuare senza.
offer-nearby-title = Salvare una passkey anche su questo dispositivo?
offer-nearby-lede = Hai usato una passkey di un altro dispositivo. Con una su questo, la prossima volta non te ne servirà un altro.
offer-required-lede = Qui si accede con una passkey. Crea la tua ora per continuare.
offer-required-no-script = Il tuo browser qui non esegue script, quindi non è possibile creare una passkey. Usa un altro browser per continuare.

# Account
account-title = Il tuo account
account-signed-in-as = Accesso eseguito come { $email }
account-sign-out = Esci
profile-title = Profilo
profile-name = Nome
profile-name-hint = Mostrato nelle applicazioni a cui accedi.
passkeys-title = Passkey
passkeys-lede = Accedi con l’impronta, il volto o il blocco schermo.
passkeys-held = Hai effettuato l’accesso via e-mail anche se hai delle passkey. Quelle di prima si potranno togliere tra { $time }; accedere con una di esse mette fine a questo.
passkeys-empty = Non hai ancora una passkey. Creane una per accedere senza codice.
passkeys-add = Aggiungi una passkey
passkey-default-name = Passkey
passkey-created = Creata { $time }
passkey-used = Usata { $time }
passkey-synced = Sincronizzata
passkey-bound = Su un dispositivo
passkey-rename = Rinomina
passkey-rename-of = Rinomina { $name }
passkey-name-label = Nuovo nome
passkey-remove = Rimuovi
passkey-remove-of = Rimuovi { $name }
passkey-remove-confirm = Non potrai più usarla per accedere.
passkey-remove-last = È la tua unica passkey. Senza, accedi con un codice via e-mail.
accounts-title = Account collegati
accounts-lede = Altri servizi con cui puoi accedere.
accounts-empty = Nessun altro servizio è ancora collegato.
account-linked = Collegato { $time }
account-unlink = Scollega
account-unlink-of = Scollega { $provider }
account-unlink-confirm = Non potrai più usarlo per accedere.
account-link = Collega { $provider }
sessions-title = Dispositivi
sessions-lede = Dove hai eseguito l’accesso.
session-current = Questo dispositivo
session-seen = Attivo { $time }
session-since = Accesso eseguito { $time }
session-revoke = Disconnetti
session-revoke-of = Disconnetti { $device }
sessions-revoke-others = Disconnetti tutti gli altri dispositivi
sessions-revoke-others-confirm = { $count ->
    [one] Disconnettere { $count } altro dispositivo? Questo resta connesso.
   *[other] Disconnettere altri { $count } dispositivi? Questo resta connesso.
  }
device-on = { $browser } su { $system }
device-unknown = Dispositivo sconosciuto

# Delete account
email-change-open = Modifica
email-title = Cambia il tuo indirizzo e-mail
email-lede = Accedi con { $email }. Inviamo un codice al nuovo indirizzo per assicurarci che sia tuo.
email-new-label = Nuovo indirizzo e-mail
email-send = Invia un codice
email-code-lede = Abbiamo inviato un codice a { $email }. Inseriscilo per spostare lì il tuo account.
email-code-label = Codice
email-keep = Mantieni il mio indirizzo
export-title = I tuoi dati
export-lede = Ciò che qui è conservato su di te, in un file da leggere o portare altrove: il tuo profilo, le passkey e gli account collegati, i tuoi dispositivi e ciò che il registro dice di te.
export-button = Scarica i miei dati
account-delete-title = Elimina l’account
account-delete-lede = Rimuove il tuo account e tutto ciò che contiene.
account-delete-open = Elimina il mio account…
delete-title = Eliminare il tuo account?
delete-lede = { $email }: il tuo profilo, le tue passkey e tutti gli accessi saranno rimossi per sempre. Non si può annullare.
delete-mail-lede = Prima ti inviamo un’e-mail con un link per confermare.
delete-send = Invia l’e-mail
delete-confirm = Elimina il mio account
delete-keep = Mantieni il mio account
deleted-title = Il tuo account è eliminato
deleted-lede = Tutto ciò che conteneva è stato rimosso. Sei disconnesso ovunque.

# Uscita
sign-out-title = Vuoi uscire?
sign-out-lede = Hai eseguito l’accesso come { $email }.
sign-out-confirm = Esci
sign-out-stay = Resta connesso
signed-out-title = Sei uscito
signed-out-lede = Puoi chiudere questa finestra.
signed-out-again = Accedi di nuovo

# Quando qualcosa non va
error-title = Qualcosa è andato storto
error-lede = L’errore è nostro. Riprova; se continua, comunica l’ID della richiesta all’assistenza.
refused-title = Non ha funzionato
leaving-title = Un momento
leaving-lede = Hai eseguito l’accesso. Ora ti riportiamo indietro.
leaving-for-provider = Ti portiamo su { $provider } per accedere.
not-found-title = Pagina non trovata
not-found-lede = Questo indirizzo non porta da nessuna parte. Controllalo o ricomincia.
not-found-home = Vai alla pagina iniziale
starting-title = Un momento
starting-lede = Ci stiamo preparando. Questa pagina prosegue da sola.
suspended-title = L’accesso è per ora disattivato
suspended-lede = Chi gestisce questa applicazione l’ha messa in pausa. Nulla di tuo è perso e non devi fare nulla. Torna più tardi o chiedi a loro.
unknown-host-title = Non c’è nessun sito a questo indirizzo
unknown-host-lede = Controlla se l’indirizzo ha un errore di battitura. Se hai seguito un link, avvisa chi te lo ha dato.
no-host-title = Questa richiesta non si può leggere
no-host-lede = Non indica esattamente un sito.

# Console
console-title = Tenant
console-lede = Ogni tenant ha il proprio processo, il proprio database e la propria chiave.
console-column-name = Nome
console-column-address = Indirizzo
console-column-state = Stato
console-column-created = Creato
console-empty-title = Ancora nessun tenant
console-empty-lede = L’accesso alla tua prima applicazione è a un secondo da qui.
console-create-title = Crea un tenant
console-create-lede = Esegui questo in un terminale. Il nuovo tenant compare qui da solo.
console-count = { $count ->
    [one] { $count } tenant
   *[other] { $count } tenant
  }
state-creating = In creazione
state-running = In esecuzione
state-idle = A riposo
state-suspended = Sospeso
state-quarantined = Fermato per sicurezza
state-deleting = In eliminazione
state-deleted = Eliminato
state-failed = Non riuscito
live-on = Dal vivo
live-off = Riconnessione…

# A tenant in the console
page-nav = Pagine
page-range = { $first }–{ $last } di { $total }
page-range-more = { $first }–{ $last } di più di { $total }
page-previous = Precedente
page-next = Successiva
tenant-nav = Tenant { $name }
tenant-switch = Cambia tenant
tenant-overview = Panoramica
tenant-created = Creato { $time }
tenant-open = Apri la pagina di accesso
tenant-figures-all = Tutte le cifre e come sono calcolate
tenant-connect = Usalo dalla tua applicazione
tenant-connect-lede = Il client ufficiale di Better Auth funziona così com’è. Questo indirizzo è tutto ciò che deve conoscere.
tenant-recent = Ultimi eventi
tenant-recent-all = Mostra tutto nel registro di audit
tenant-away-title = Niente da leggere finché non è in funzione
tenant-away-lede = Solo il processo del tenant può leggere i suoi dati. Riattivalo per vedere questa pagina.
users-title = Utenti
users-new = Aggiungi persona
users-new-lede = Non riceve alcuna e-mail. Accede con questo indirizzo, come se fosse arrivata da sola.
users-new-name-hint = Facoltativo. La persona può cambiarlo.
users-search = Cerca persone
users-by = In
users-state = Stato
users-all = Tutti
users-active = Attivo
users-suspended = Sospeso
users-empty-title = Nessuno ha ancora effettuato l’accesso
users-empty-lede = Chi accede per la prima volta appare qui.
users-none-title = Nessuno trovato
users-none-lede = Nessuno corrisponde alla ricerca.
user-id = Identificativo
user-unverified = Indirizzo non confermato
user-passkeys-empty = Ancora nessuna passkey.
user-passkey-remove-confirm = Non potrà più usarla per accedere. Sul suo dispositivo resta finché non viene rimossa anche lì.
user-sessions-empty = Al momento nessuna sessione attiva.
user-key-off = Disattiva
user-key-off-of = Disattiva { $name }
user-key-on = Attiva
user-key-on-of = Attiva { $name }
user-key-is-off = Disattivata
user-privacy = Privacy
user-copy = Una copia dei suoi dati
user-copy-lede = Ciò che la persona può scaricare da sé: profilo, passkey, account collegati, dispositivi, chiavi API e ciò che il registro dice di lei. Per chi te la chiede.
user-copy-get = Scarica
user-activity = Attività
user-measures = Provvedimenti
user-role-lede = Ciò che la tua applicazione le consente. Gli amministratori ne gestiscono gli utenti.
user-role-hint = Più di uno, separati da virgole.
user-sign-out = Disconnetti ovunque
user-sign-out-lede = Termina subito tutte le sessioni. Può accedere di nuovo.
user-suspend = Sospendi
user-suspend-of = Sospendi { $name }
user-suspend-lede = Termina tutte le sessioni e impedisce nuovi accessi.
user-suspend-for = Per quanto tempo
user-suspend-reason = Motivo
user-suspend-reason-hint = Facoltativo. Resta anche nel registro di audit.
user-suspended-always = Fino alla revoca
user-suspended-until = Fino alle { $time } UTC, { $date }
user-restore = Revoca la sospensione
user-restore-lede = Può accedere di nuovo subito.
user-act = Agisci come questa persona
user-act-lede = Ti fa accedere per poco tempo all’applicazione come questa persona, per vedere ciò che vede.
user-act-about = Arrivi alle pagine di accesso di { $tenant }, confermi lì e termini quando hai finito. Ciò che può fare solo la persona resta chiuso: passkey, il suo indirizzo, account collegati, sessioni, una copia dei suoi dati, l’eliminazione del suo account.
user-act-reason-hint = Da 3 a 200 caratteri. Il motivo resta nel registro del tenant, e la persona può leggerlo lì.
user-act-for = Al massimo
user-act-go = Continua
user-delete = Elimina utente
user-delete-of = Elimina { $name }
user-delete-lede = Rimuove l’account con tutto il contenuto. Il registro non dirà più chi era.
user-delete-confirm = L’operazione non può essere annullata.
users-method = Accede con
users-method-all = Qualsiasi
users-method-passkey = Passkey
users-method-account = Account collegato
users-method-code = Solo codici
users-created-from = Arrivati dal
users-created-to = Arrivati fino al
users-seen-from = Visti dal
users-seen-to = Visti fino al
users-more-filters = Altri filtri
users-passkeys = { $count ->
    [one] 1 passkey
   *[other] { $count } passkey
  }
users-seen = Visto { $when }
users-came = Arrivato { $when }
users-select = Seleziona { $name }
users-select-all = Seleziona tutto in questa pagina
users-selected = Con la selezione
users-export = Esporta come CSV
users-export-found = Esporta tutto ciò che è stato trovato
selection-none-title = Nessuno è selezionato
selection-none-lede = Seleziona prima delle persone nell’elenco.
selection-suspend = { $count ->
    [one] Sospendi 1 persona
   *[other] Sospendi { $count } persone
  }
selection-restore = { $count ->
    [one] Revoca la sospensione di 1 persona
   *[other] Revoca la sospensione di { $count } persone
  }
selection-sign-out = { $count ->
    [one] Disconnetti 1 persona ovunque
   *[other] Disconnetti { $count } persone ovunque
  }
selection-delete = { $count ->
    [one] Elimina 1 persona
   *[other] Elimina { $count } persone
  }
selection-export = { $count ->
    [one] Esporta 1 persona
   *[other] Esporta { $count } persone
  }
selection-export-more = Esporta più di { $count } persone
selection-export-lede = Una tabella con indirizzo, nome, stato, quando sono arrivati e visti l’ultima volta, e come accedono. Nel registro di audit resta che l’hai scaricata.
selection-download = Scarica
selection-people = Di chi si tratta
selection-gone = { $count ->
    [one] 1 delle persone selezionate non c’è più.
   *[other] { $count } delle persone selezionate non ci sono più.
  }
selection-too-many = Al massimo { $count } persone alla volta. Le altre restano fuori.
selection-done = { $count ->
    [one] Fatto per 1 persona.
   *[other] Fatto per { $count } persone.
  }
selection-not-done = { $count ->
    [one] Non fatto per 1 persona
   *[other] Non fatto per { $count } persone
  }
selection-why-gone = Non c’è più
selection-why-not-suspended = Non era sospeso
selection-why-no-sessions = Non aveva sessioni aperte
selection-why-failed = Non riuscito; riprova
selection-back = Torna agli utenti
events-title = Registro di audit
events-lede = Chi ha fatto cosa, quando e con quale esito. Nessuno può modificarlo senza che si noti.
events-what = Evento
events-actor = Da
events-subject = Riguarda
events-ip = Indirizzo IP
events-country = Paese
events-network = Rete
events-time = Ora
events-outcome = Esito
events-period = Periodo
events-fault = Ricerca impossibile: { $fault }
events-wrong = Ricerca impossibile.
events-wrong-type = Questo evento non esiste. Un gruppo si scrive session.*
events-wrong-email = Non è un indirizzo e-mail.
events-wrong-from = Non è un giorno.
events-wrong-to = Non è un giorno, oppure precede il primo.
events-wrong-ip = Non è un indirizzo IP.
events-wrong-country = Un paese ha due lettere, come FR.
events-wrong-network = Una rete ha un numero, come AS3215.
events-wrong-device = Questa parola non indica alcun dispositivo. Scegline una dall’elenco.
events-wrong-actor = Serve un indirizzo e-mail o un nome come appare nel registro, ad esempio auditor.
events-wrong-request = Non è l’id di una richiesta. La pagina di un evento ne riporta uno.
events-request = Id della richiesta
events-days = I giorni sono quelli di { $zone }.
events-empty = Non è ancora successo nulla
events-empty-lede = Ogni accesso e ogni modifica appare qui da sé.
events-none-title = Niente trovato
events-none-lede = Nessun evento corrisponde alla ricerca.
events-times = Prima i più recenti.
events-newest = Più recenti
events-older = Meno recenti
events-export = Esporta
events-export-lede = Tutto ciò che corrisponde a questa ricerca, al massimo i { $most } eventi più recenti. Nel registro di audit resta che l’hai esportato.
events-export-ndjson = Esporta come NDJSON con prove
events-export-proof = Ogni riga del NDJSON ha la prova che il suo evento è nel registro. Questo comando le verifica tutte, senza questo server.
events-export-verify = Comando che verifica le prove
events-export-whole = Questo comando esporta tutto il registro, senza quel limite.
events-export-bundle = Comando che esporta tutto il registro
views-title = Viste salvate
views-save = Salva questa vista
views-name = Nome
views-hint = La vedi solo tu.
views-left-out = Indirizzi, indirizzi IP e nomi di persone non vengono salvati.
views-manage = Gestisci le viste
views-full = Hai { $count } viste di questo tenant, il massimo. Eliminane una per salvarne un’altra.
views-name-of = Nome di { $name }
views-rename = Rinomina
views-rename-one = Rinomina { $name }
views-delete = Elimina
views-delete-one = Elimina { $name }
outcome-any = Tutti
outcome-success = Riuscito
outcome-failure = Rifiutato
period-hour = Ultima ora
period-day = Ultime 24 ore
period-week = Ultimi 7 giorni
period-month = Ultimi 30 giorni
period-all = Tutto
event-about = Che cosa è successo
event-method = Provato con
event-device = Dispositivo
event-request = Richiesta
event-id = Identificativo dell’evento
event-erased = Una persona di questo evento è stata cancellata. I suoi dati personali non sono più leggibili da nessuno; l’evento e la sua prova restano come erano.
event-share = Condividi
event-share-lede = Chi può leggere questo registro apre il link; il comando chiede con una chiave di gestione.
event-link = Link a questo evento
event-copy-link = Copia il link
event-curl = Comando per questo evento
event-copy-curl = Copia come curl
event-proof = Prova
event-proof-lede = Un albero di Merkle su tutti gli eventi, firmato ogni pochi secondi, mostra che questo è nel registro e immutato.
event-sealed = Sigillato e immutato
event-waiting = Non ancora sigillato
event-waiting-lede = Sarà sigillato in pochi secondi. Ricarica questa pagina.
event-uncosigned = Sigillato, non ancora controfirmato
event-uncosigned-lede = Il testimone di questo registro firmerà in pochi secondi che è solo cresciuto. Ricarica questa pagina.
event-broken = La prova non regge: questo registro è stato modificato. Esegui il comando qui sotto e avvisa chi gestisce l’istanza.
event-unknown = La prova non è leggibile al momento. Ricarica questa pagina.
event-leaf = Numero nel registro
event-size = Eventi nell’albero
event-path = Hash del percorso
event-root = Radice
event-download = Scarica la prova
event-changes = Modifiche
event-json = In JSON
look-title = Pagina di accesso
look-lede = L’aspetto delle pagine su cui le persone accedono. Ciò che pubblichi vale subito; ogni versione si può riprendere.
look-name = Nome dell’applicazione
look-logo = Logo
look-logo-hint = PNG, JPEG o WebP di 8 KiB al massimo, da 16 a 1.024 pixel per lato.
look-logo-remove = Senza logo
look-logo-on-dark = Logo sulle pagine scure
look-logo-on-dark-hint = Senza, il logo appare lì su bianco.
look-accent = Colore
look-accent-on-dark = Colore sulle pagine scure
look-accent-none = Il nostro. Se manca, si ricava dall’altro colore.
look-contrast = Contrasto { $ratio }:1
look-contrast-low = Contrasto { $ratio }:1, troppo poco per leggere. Il più vicino che basta: { $color }
look-contrast-typed = Contrasto { $ratio }:1, troppo poco per leggere. Serve 4,5:1.
look-corners = Angoli
look-corners-square = Squadrati
look-corners-soft = Morbidi
look-corners-round = Rotondi
look-terms = Condizioni d’uso (https)
look-privacy = Informativa sulla privacy (https)
look-support = Aiuto (https o mailto)
look-default-locale = Lingua se nient’altro decide
look-languages = Lingue fra cui scegliere
look-publish = Pubblica
look-would-change = Pubblicare cambierebbe questo:
look-versions = Versioni
look-preview = Anteprima
look-preview-show = Mostra
look-preview-fault = Impossibile mostrarlo: { $fault }
look-scene = Che cosa mostrare
look-pages = Pagine
look-states = Messaggi
look-light = Chiaro
look-dark = Scuro
look-desktop = Computer
look-phone = Telefono
settings-title = Impostazioni
settings-lede = Un unico documento per tutto. Una modifica vale subito e non interrompe alcuna connessione.
settings-document = Documento
settings-secrets = I segreti sono mostrati come ***. Ciò che resta *** viene conservato.
settings-comment = Perché (facoltativo)
settings-check = Solo verifica
settings-fault = Non salvato: { $fault }
settings-would-change = Salvando cambierebbe questo:
settings-no-change = Salvando non cambierebbe nulla.
settings-before = Prima
settings-after = Dopo
settings-versions = Versioni
settings-current = In vigore
settings-back = Ripristina
settings-back-to = Ripristina la versione { $version }
settings-back-lede = Il suo documento diventa la versione più recente, con i segreti di allora. Nulla di ciò che sta in mezzo va perso.
settings-changes = { $count ->
    [one] { $count } modifica
   *[other] { $count } modifiche
  }
users-count = { $count ->
    [one] { $count } persona
   *[other] { $count } persone
  }
users-count-more = Più di { $count } persone
user-days = { $days ->
    [one] { $days } giorno
   *[other] { $days } giorni
  }

# Figures of a tenant
figures-title = Cifre
figures-lede = Alle { $time } UTC, { $date }. Contate dal registro di audit; i giorni sono quelli di { $zone }.
figures-now = La situazione
figures-meaning = Che cosa significano queste cifre
figures-dau = Attivi oggi
figures-dau-about = Persone che oggi hanno effettuato l’accesso o usato una sessione. Ognuna conta una volta. Le chiavi API e gli amministratori che agiscono per qualcuno non contano.
figures-wau = Attivi in 7 giorni
figures-wau-about = Persone attive in almeno uno dei 7 giorni fino a oggi compreso.
figures-mau = Attivi in 30 giorni
figures-mau-about = Persone attive in almeno uno dei 30 giorni fino a oggi compreso.
figures-stickiness = Fedeltà
figures-stickiness-about = Attivi oggi divisi per gli attivi in 30 giorni.
figures-new = Nuovi oggi
figures-new-about = Account creati oggi. Quelli importati non contano.
figures-users = Account
figures-users-about = Account che esistono ora.
figures-passkeys = Con passkey
figures-passkeys-about = Accessi con passkey divisi per tutti gli accessi del periodo.
figures-refused = Rifiutati
figures-refused-about = Accessi rifiutati divisi per quelli riusciti e rifiutati del periodo.
figures-percent = { $share }%
figures-chart = Persone attive al giorno
figures-chart-about = Dal { $first } al { $last }; al massimo { $most }.
figures-table = Mostra come tabella
figures-day = Giorno
figures-active = Attivi
figures-new-users = Nuovi
figures-sign-ins = Accessi per metodo
figures-sign-ins-about = Quelli del periodo che hanno dato una sessione.
figures-by-code = Codice via e-mail
figures-by-link = Link via e-mail
figures-failures = Accessi rifiutati per causa
figures-failures-about = Quelli del periodo, secondo l’evento del registro di audit e il suo motivo. Ciò che è stato fermato da un limite o da un captcha non conta.
figures-funnel = Che cosa diventano le passkey
figures-funnel-about = In questo periodo. Iniziato significa che una pagina ha chiesto una challenge; le pagine di accesso con suggerimenti lo fanno da sole. Chi annulla nel browser ha solo iniziato.
figures-funnel-sign-in = Accedere
figures-funnel-creation = Crearne una
figures-offered = Offerto
figures-declined = Rimandato
figures-started = Iniziato
figures-completed = Riuscito
figures-failed = Rifiutato
figures-none = Niente in questo periodo.
figures-away-title = Nessuna cifra al momento
figures-away-lede = Solo il processo del tenant può leggere il suo registro, e ora non risponde. Ricarica questa pagina tra poco.
figures-range = Periodo
figures-range-own = Periodo proprio
figures-from = Dal
figures-to = Al
figures-by = Per
figures-week = Settimana
figures-month = Mese
figures-show = Mostra
figures-csv = Esporta come CSV
figures-chart-week = Persone attive alla settimana
figures-chart-month = Persone attive al mese
figures-chart-open = La linea tratteggiata porta a un periodo non ancora concluso.
figures-refused-range = Queste cifre non si possono mostrare: { $why }.
figures-stack = Accessi al giorno, per metodo
figures-stack-week = Accessi alla settimana, per metodo
figures-stack-month = Accessi al mese, per metodo
figures-stack-open = L’ultima barra è di un periodo non ancora concluso.
figures-stack-total = Tutti
figures-by-provider = Provider
figures-new-7 = Nuovi in 7 giorni
figures-new-7-about = Account creati nei 7 giorni fino a oggi compreso. Quelli importati non contano.
figures-more = { $count } in più rispetto { $before }
figures-fewer = { $count } in meno rispetto { $before }
figures-as-many = nessuna differenza rispetto { $before }
figures-before-1 = al giorno precedente
figures-before-7 = ai 7 giorni precedenti
figures-before-30 = ai 30 giorni precedenti
figures-change = + e −
figures-change-about = Quanti in più o in meno rispetto ad altrettanti giorni precedenti. Oggi non è ancora finito, il giorno precedente sì. Senza segno nessuno lo sa: quei giorni erano cominciati prima del primo conteggio.

# A new tenant, keys and webhooks in the console
console-terminal = In un terminale
tenant-new-lede = L’accesso a un’applicazione: con un processo, un database e una chiave propri. Richiede circa un secondo.
tenant-name = Nome
tenant-name-hint = Lettere minuscole, cifre e trattini interni. Fa parte dell’indirizzo: { $address }
tenant-create = Crea
tenant-progress = In creazione
tenant-progress-lede = Questi sono i passi reali. La pagina prosegue da sola.
tenant-step-secret = Un segreto proprio
tenant-step-role = Un utente di sistema e ruoli di database propri
tenant-step-database = Un database proprio
tenant-step-schema = Le sue tabelle
tenant-step-certificate = Certificati per i suoi nomi
tenant-step-running = Il suo processo, pronto a rispondere
tenant-step-done = fatto
tenant-step-current = in corso
tenant-step-waiting = in attesa
tenant-step-failed = Questo passo non è riuscito ({ $code }). Viene ripetuto da solo; se resta così, avvisa chi gestisce questa istanza.
tenant-try = Accedi tu stesso
tenant-try-lede = È la sua vera pagina di accesso. Crea lì un account e sei il suo primo utente attivo: questa pagina lo dirà da sola.
tenant-first-you = Sei il primo utente attivo
tenant-first-other = { $email } è il primo utente attivo
tenant-first-lede = L’accesso è nel registro di audit, con una prova che è lì e invariato.
tenant-first-event = Vedi la voce
keys-title = Chiavi API
keys-lede = Per programmi che gestiscono { $workspace } tramite l’API. Una chiave non può fare più di chi l’ha creata.
keys-new = Crea una chiave
keys-empty = Ancora nessuna chiave.
keys-name = Nome
keys-name-hint = Per le persone: quale programma la usa e dove.
keys-scopes = Che cosa può fare
keys-scopes-own = Solo ciò che è spuntato sotto
keys-scopes-some = E, inoltre, questi permessi
keys-scopes-count = { $count ->
    [one] { $count } permesso
   *[other] { $count } permessi
  }
keys-scopes-all = Tutto
keys-life = Per quanto tempo è valida
keys-life-always = Finché non viene revocata
keys-active = Attiva
keys-expired = Scaduta
keys-revoked = Revocata
keys-made = Creata da { $name } { $time }
keys-used = Usata { $time }
keys-unused = Mai usata
keys-ends = Scade { $date }, { $time } UTC
keys-previous-ends = Il segreto precedente scade { $date }, { $time } UTC
keys-rotate = Nuovo segreto
keys-rotate-of = Nuovo segreto per { $name }
keys-rotate-lede = Viene mostrato una volta sola. Entrambi valgono mentre sostituisci il vecchio.
keys-overlap = Il vecchio segreto resta valido
keys-overlap-none = Scade subito
keys-revoke = Revoca
keys-revoke-of = Revoca { $name }
keys-revoke-confirm = I programmi che la usano vengono rifiutati da subito. Non si può annullare.
secret-of-key = La chiave { $name }
secret-of-key-about = I programmi la inviano come «Authorization: Bearer …». Conservala dove solo loro possono leggerla.
secret-of-webhook = Il segreto di { $name }
secret-of-webhook-about = Il tuo server verifica con esso che gli eventi vengano da qui (Standard Webhooks).
secret-once = Copialo ora: viene mostrato solo questa volta.
secret-done = L’ho conservato
webhooks-title = Webhook
webhooks-lede = I tuoi server vengono a sapere che cosa succede qui: firmato, in ordine e finché non lo accettano.
webhooks-empty = Nessun server viene ancora informato.
webhooks-new = Aggiungi un endpoint
webhooks-id = Nome
webhooks-id-hint = Lettere minuscole, cifre, - e _. Non cambia più.
webhooks-url = Indirizzo
webhooks-events = Eventi
webhooks-events-hint = Uno per riga: un tipo come session.created, tutti quelli di una cosa come session.*, o * per tutto.
webhooks-description = A che cosa serve (facoltativo)
webhooks-enabled = Inviagli gli eventi
webhooks-active = Attivo
webhooks-failing = Con errori
webhooks-paused = In pausa
webhooks-disabled = Disattivato
webhooks-unknown = Ora sconosciuto
webhooks-pending = { $count ->
    [one] { $count } evento in attesa.
   *[other] { $count } eventi in attesa.
  }
webhooks-failing-since = Il primo errore è stato { $time }.
webhooks-change = Modifica
webhooks-test = Invia un evento di prova
webhooks-taken = L’evento di prova è stato accettato.
webhooks-not-taken = L’evento di prova non è stato accettato.
webhooks-retry = Riprova ora
webhooks-rotate = Nuovo segreto
webhooks-rotate-of = Nuovo segreto per { $name }
webhooks-remove = Rimuovi
webhooks-remove-of = Rimuovi { $name }
webhooks-remove-confirm = Ciò che è in attesa non viene più inviato.
webhooks-deliveries = Consegne
webhooks-deliveries-lede = Degli ultimi 30 giorni, le più recenti per prime.
webhooks-deliveries-empty = Nulla del genere è stato ancora inviato.
delivery-pending = In attesa
delivery-delivered = Accettata
delivery-failed = Abbandonata
webhooks-attempts = Tentativi
webhooks-attempts-empty = Ancora nessun tentativo.
webhooks-event = L’evento nel registro
webhooks-replay = Invia di nuovo
webhooks-body = Ciò che viene inviato

# E-mail of a tenant
mail-title = E-mail
mail-lede = Da chi arriva, che cosa dice e se arriva.
mail-sender = Mittente
mail-sender-name = Nome del mittente
mail-sender-address = Indirizzo del mittente
mail-reply-to = Dove vanno le risposte (facoltativo)
mail-server-own = La invia il tuo server di posta: { $server }.
mail-server-platform = La invia il server di posta della piattaforma. Un indirizzo diverso dal solito richiede un server tuo, nelle impostazioni sotto mail.smtp.
mail-test = Arriva?
mail-test-send = Invia un’e-mail di prova
mail-taken = Un server ha accettato l’e-mail per { $email }. Guarda in quella casella e nella posta indesiderata.
mail-not-taken = L’e-mail per { $email } non è partita:
mail-preview = Che cosa dice
mail-preview-lede = Con valori inventati, e con le tue parole dove le impostazioni le hanno (mail.templates).
mail-preview-show = Mostra
mail-preview-html = Vedi con l’impaginazione
mail-letter = E-mail
mail-own-words = Le tue parole
mail-suppressed = Indirizzi che non ne ricevono
mail-suppressed-count = { $count ->
    [one] { $count } indirizzo.
   *[other] { $count } indirizzi.
  }
mail-suppressed-lede = I loro server hanno detto che non c’è nessuno. Quali siano non viene salvato; scrivine uno per toglierlo dall’elenco.
mail-lift = Invia di nuovo lì
mail-domain-title = Record DNS
mail-domain-lede = La posta viene da { $email }. I destinatari guardano che cosa dice il dominio prima di accettarla.
mail-domain-records = Record di { $domain }
mail-domain-look = Cerca
mail-selector = Selettore DKIM
mail-selector-about = Lo ha scelto il server di posta che firma; lo dicono la sua documentazione o le sue impostazioni.
mail-selector-wrong = Questo non può essere un selettore.
mail-record-add = Aggiungi questo record { $kind }
mail-record-good = In ordine
mail-record-weak = Debole
mail-record-wrong = Inutilizzabile
mail-record-absent = Manca
mail-record-unanswered = Nessuna risposta
mail-spf-about = Dice quali server possono inviare posta da questo dominio.
mail-dkim-about = La chiave con cui i destinatari verificano la firma di ogni e-mail.
mail-dmarc-about = Dice che cosa accade alla posta che afferma soltanto di venire da questo dominio.
mail-spf-how = Chi gestisce il server di posta sa da quali server invia e che cosa va nel record.
mail-dkim-how = Il server di posta crea la chiave e mostra il record che va qui.
mail-dmarc-how = Comincia con uno che chiede solo rapporti; chiedi di più quando mostrano che tutta la tua posta è firmata.
mail-fact-several = Ce ne sono diversi, quindi i destinatari non ne usano nessuno. Fanne uno solo.
mail-fact-servers = { $count ->
    [one] { $count } voce indica dei server.
   *[other] { $count } voci indicano dei server.
  }
mail-fact-includes = Ammette i server di { $names }.
mail-fact-others-fail = Tutti gli altri server vanno rifiutati.
mail-fact-others-softfail = Tutti gli altri server sono sospetti.
mail-fact-others-neutral = Non dice nulla degli altri server. Fallo terminare con ~all o -all.
mail-fact-others-pass = Permette a qualsiasi server di inviare. Fallo terminare con ~all o -all.
mail-fact-key = La chiave c’è ({ $kind }).
mail-fact-key-short = La chiave RSA ha meno di 2048 bit. Fanne creare una più lunga dal server di posta.
mail-fact-key-revoked = La chiave è stata ritirata: ciò che firma non conta più.
mail-fact-key-broken = Quello che c’è non è una chiave. Imposta di nuovo il record.
mail-fact-key-testing = È contrassegnata come prova (t=y): i destinatari trattano la posta come se non fosse firmata.
mail-fact-policy-none = Non chiede ancora nulla ai destinatari (p=none). In seguito mettilo su quarantine o reject.
mail-fact-policy-quarantine = Le contraffazioni vengono messe da parte (p=quarantine).
mail-fact-policy-reject = Le contraffazioni vengono rifiutate (p=reject).
mail-fact-policy-unusable = Non dice che cosa devono fare i destinatari (p=).
mail-fact-percent = Lo chiede solo per il { $percent }% della posta (pct).
mail-fact-no-reports = Nessuno viene informato di ciò che vedono i destinatari (rua).
mail-lift-of = Invia di nuovo lì: { $email }
mail-sent-title = Invii
mail-sent-lede = Che fine ha fatto ogni e-mail: se un server l’ha accettata e che cosa l’ha impedito.
mail-sent-kept = Conservato per 30 giorni; ciò che è stato inviato a qualcuno sparisce con l’account.
mail-sent-count-waiting = { $count ->
    [one] { $count } e-mail attende.
   *[other] { $count } e-mail attendono.
  }
mail-sent-none = Nessuna e-mail corrisponde.
mail-sent-empty = Non è stato ancora inviato nulla.
mail-sent-gone = Qualcuno che se n’è andato
mail-sent-next = Prossimo tentativo tra { $time }
mail-sent-attempts = { $count ->
    [one] { $count } tentativo
   *[other] { $count } tentativi
  }
mail-sent-reply = il server ha detto { $reply }
mail-sent-retry = Prova ora
mail-sent-waiting = In attesa
mail-sent-accepted = Accettata
mail-sent-refused = Rifiutata
mail-sent-suppressed = Non inviata
mail-sent-expired = Troppo tardi
mail-words-title = Testi
mail-words-lede = Codici e link di accesso possono avere le tue parole. Gli avvisi su un account tengono le nostre, così nessun avvertimento va perso.
mail-words-own = In questa lingua vengono inviate le tue parole.
mail-words-ours = In questa lingua vengono inviate le nostre parole. Modificale e salva per inviare le tue.
mail-words-subject = Oggetto
mail-words-text = Testo semplice
mail-words-html = HTML
mail-words-preview = Anteprima
mail-words-made-up = Con valori inventati. Non è ancora salvato nulla.
mail-words-test-lede = Invia quanto sopra con valori inventati, salvato o no.
mail-words-reset = Torna alle nostre parole
mail-words-reset-lede = Le tue parole per questa e-mail in questa lingua vengono tolte. Le impostazioni conservano la versione precedente.
mail-variable-code = Il codice; testo e HTML devono averlo
mail-variable-link = Il link; testo e HTML devono averlo
mail-variable-app = Il nome dell’applicazione
mail-variable-minutes = Per quanti minuti è valido
letter-verification-code = Codice che conferma un indirizzo
letter-sign-in-link = Link di accesso
letter-deletion-link = Link che elimina un account
letter-email-changed = Avviso: indirizzo cambiato
letter-user-deleted = Avviso: account eliminato
letter-account-linked = Avviso: provider collegato
letter-account-unlinked = Avviso: provider scollegato
letter-passkey-added = Avviso: nuova passkey
letter-passkey-removed = Avviso: passkey rimossa
letter-recovery-started = Avviso: accesso senza passkey
letter-test = E-mail di prova

isolation-title = Isolamento
isolation-lede = Se regge tutto ciò che tiene separato questo tenant: provato, non supposto.
isolation-last = Ultima prova
isolation-none = Il suo isolamento non è ancora stato provato.
isolation-counts = { $held } reggono, { $broken } violati, { $unknown } ignoti.
isolation-download = Scarica il rapporto firmato
isolation-prove = Prova ora
isolation-prove-about = Richiede alcuni secondi. Processi come quello del tenant tentano ciò che non deve riuscire; del tenant non cambia nulla, e continua a servire.
isolation-checks = Che cosa è stato provato
isolation-evidence = Riscontri
isolation-verify = Verifica tu il rapporto
isolation-verify-lede = Il rapporto è firmato, e la sua impronta è nel registro sigillato di questo tenant.
isolation-digest = Impronta
isolation-key = Chiave di questa istanza per i rapporti
isolation-command = Verifica un rapporto, senza rete
isolation-earlier = Prove precedenti
isolation-held = Regge
isolation-broken = Violato
isolation-not-applicable = Nulla da reggere
isolation-unknown = Ignoto
isolation-canary = Un processo avviato come il motore del tenant si isola da sé
isolation-namespaces = Mount, rete, IPC, nome host e gruppi di controllo sono suoi
isolation-root = Ha una radice vuota in sola lettura: nessun percorso porta da qualche parte
isolation-limits = Thread, file, memoria e descrittori sono limitati
isolation-account = È in esecuzione con l’account proprio del tenant, in nessun altro gruppo
isolation-privileges = Non ha capability e non può ottenerne
isolation-landlock = Landlock gli rifiuta i file, e finisce con il suo launcher
isolation-seccomp = Gli restano solo le chiamate di sistema elencate
isolation-descriptors = Non ha nulla che porti fuori, e nessun ambiente
isolation-group = Un gruppo di controllo limita la sua parte della macchina
isolation-files = I file non si possono leggere, elencare, guardare o scrivere
isolation-processes = Altri processi non si raggiungono, né se ne avviano di nuovi, né thread
isolation-network = Non si può connettere, ascoltare o inviare nulla
isolation-kernel = Mount, namespace, codice proprio e parti più rare del kernel sono fuori portata
isolation-share = Più memoria e descrittori della sua parte sono rifiutati
isolation-database-others = Il suo ruolo non può accedere ad altri database o come altri ruoli
isolation-database-catalogs = Il suo ruolo non vede altri tenant nei cataloghi del server
isolation-database-server = Il suo ruolo non raggiunge file, programmi e impostazioni del server
isolation-database-powers = Il suo ruolo non può creare, possedere, cambiare o terminare nulla oltre le sue righe
isolation-database-log = Il suo ruolo non può cambiare o togliere nulla dal registro di audit
isolation-database-grants = Il suo ruolo ha esattamente i diritti che questa versione gli dà
isolation-database-owners = Nulla nel suo database appartiene al suo ruolo
isolation-database-objects = Il suo database ha le tabelle, le funzioni e i trigger di questa versione, e nessun altro
isolation-database-connections = Il numero delle sue connessioni al database è limitato
isolation-key-secret = Il suo segreto è solo suo
isolation-key-log = La chiave che sigilla il suo registro è solo sua
isolation-account-unique = Il suo account non è di nessun altro tenant
isolation-hostnames = Si raggiunge solo ai propri nomi host
isolation-egress = Raggiunge i server che elenca, e nessun altro
isolation-certificate = I suoi certificati e le loro chiavi sono propri, validi oggi, e sono quelli mostrati ai suoi visitatori

# Backups of a tenant
backups-title = Backup
backups-lede = Che fine hanno fatto, e se l’ultimo si è potuto ripristinare.
backups-last = Ultimo backup
backups-last-drill = Ultima prova di ripristino
backups-none = Ancora nessuno
backups-scheduled = Si fanno da soli
backups-unscheduled = Non si fanno da soli
backups-rows = { $count ->
    [one] { $count } riga
   *[other] { $count } righe
  }
backups-drill-good = Ripristinato per intero, e il registro finiva dov’era
backups-drill-bad = Non si è potuto ripristinare
backups-signed-in = La copia conosceva una sessione
backups-drill-about = Un backup mai ripristinato è una speranza. La prova fa una copia, conta, accede e la rimuove.
backups-runs = Che fine hanno fatto
backups-empty = Non è ancora stato fatto alcun backup.
backups-drill = Prova di ripristino
backups-backup = Backup
backups-commands = Sulla macchina
backups-commands-lede = Gli archivi lasciano l’istanza cifrati, verso un luogo che essa stessa non raggiunge. Perciò li fa lì chi la gestisce.
backups-make = Fanne uno ora
backups-try = Provare se l’ultimo si ripristina
backups-restore = Ripristinarne uno accanto a questo tenant
backups-place = Indicare un luogo per gli archivi, perché si possano fare da qui
backups-now = Fai un backup ora
backups-drill-now = Prova l’ultimo ora
backups-copy = Ripristina in una copia
backups-copy-of = Ripristina in una copia: backup di { $when }
backups-copying = Copia { $name }
backups-step-waiting = Richiesto
backups-step-storing = Fatto e conservato
backups-step-reading = Letto fino in fondo e verificato
backups-step-restoring = Ripristinato in un nuovo tenant
backups-so-far = { $size } finora
backups-late = Nessuno ha ancora iniziato. Chi gestisce questa istanza lo fa fare entro un’ora; subito, se lì è in esecuzione kiavi backup run --watch.
backups-done-backup = Il backup è fatto e conservato.
backups-done-copy = La copia { $name } è fatta.
backups-open-copy = Apri { $name }
backups-failed = Non se n’è fatto nulla, e nulla è cambiato. Chi gestisce questa istanza trova il motivo nel suo registro.
backups-failed-gone = Non se n’è fatto nulla: l’archivio non c’è più. Scegline un altro.
backups-failed-damaged = Non se n’è fatto nulla: l’archivio è danneggiato o non va bene. Scegline un altro e avvisa chi gestisce questa istanza.
backups-failed-name = Non se n’è fatto nulla: il nome { $name } nel frattempo è occupato. Scegline un altro.
backups-copy-lede = Un nuovo tenant diventa ciò che { $name } era nel backup di { $when }. { $name } resta com’è.
backups-with-ended = Riportare ciò che da allora è finito
backups-with-ended-about = Persone cancellate, e passkey, account collegati e chiavi API rimossi. Solo se proprio la loro fine è stata l’errore: chi ha chiesto di essere cancellato tornerebbe.
backups-with-keys = Le chiavi API valgono anche per la copia
backups-with-keys-about = Quelle che valgono per il tenant stesso. Senza questo, i programmi che lo usano non possono raggiungere la copia per sbaglio.
backups-copy-about = Nella copia nessuno ha effettuato l’accesso. Ha un altro indirizzo: i browser devono accedere, i provider hanno bisogno dei suoi URI di reindirizzamento e le passkey valgono solo dove sono state create.

# Sessions of a tenant
live-title = Sessioni
live-lede = Chi è connesso ora, gli ultimi arrivati per primi.
live-empty = Al momento nessuno è connesso.
live-none = Nessuna sessione corrisponde alla ricerca.
live-acting = Qualcuno agisce per loro
live-end-of = Disconnetti { $name } da { $device }

# Security of a tenant
security-title = Sicurezza
security-lede = Quali limiti valgono, che cosa hanno rifiutato e chi è bloccato.
security-quiet = { $count ->
    [one] { $count } limite non ha rifiutato nessuno nell’ultima settimana
   *[other] { $count } limiti non hanno rifiutato nessuno nell’ultima settimana
  }
security-locked = Bloccati ora
security-locked-lede = Chi un limite rifiuta in questo momento, se il registro delle ultime 24 ore lo nomina.
security-locked-empty = Nessuno è bloccato.
security-locked-guesses = { $count ->
    [one] { $count } indirizzo ha esaurito i codici errati.
   *[other] { $count } indirizzi hanno esaurito i codici errati.
  }
security-locked-total = { $count ->
    [one] { $count } in tutto.
   *[other] { $count } in tutto; sono mostrati quelli che aspettano di più.
  }
security-for = { $limit }: ancora { $time }
security-refused-day = { $count ->
    [one] { $count } richiesta rifiutata in 24 ore
   *[other] { $count } richieste rifiutate in 24 ore
  }
security-everybody = Tutti
security-unlock = Riammetti
security-unlock-of = Riammetti: { $name }
security-unlock-who = Indirizzo e-mail o IP
security-unlock-lede = Qualcuno che non è nell’elenco: il conteggio ricomincia.
security-limits = Limiti
security-limits-lede = Che cosa ha rifiutato ciascuno, secondo il registro.
security-rate = { $limit } in { $time }
security-off = Disattivato
security-refused = Rifiutate: { $today } in 24 ore, { $week } in 7 giorni
security-refused-none = Nulla di rifiutato in 7 giorni
security-told-as = I suoi rifiuti sono nel registro tra
security-offenders = I più rifiutati in 7 giorni
security-untold = { $count ->
    [one] { $count } rifiuto degli ultimi 7 giorni è nel registro solo come numero, senza il limite: una valanga non deve riempirlo.
   *[other] { $count } rifiuti degli ultimi 7 giorni sono nel registro solo come numero, senza il limite: una valanga non deve riempirlo.
  }
security-fixed = { $count ->
    [one] { $count } rifiuto è di un limite che nessuna impostazione cambia.
   *[other] { $count } rifiuti sono di limiti che nessuna impostazione cambia.
  }
security-partial = C’era troppo da leggere: questi sono gli eventi da { $time }.
security-try = Prova una modifica
security-try-of = Prova una modifica: { $name }
security-try-lede = Che cosa avrebbe rifiutato un limite negli ultimi 7 giorni con un altro valore. Non cambia nulla.
security-try-limit = Limite
security-try-uses = Quante
security-try-window = In quanti secondi
security-try-run = Conta di nuovo
security-try-missing = Sono offerti solo i limiti i cui usi sono nel registro. Di pagine viste, controlli di sessione, captcha, passaggi delle passkey, chiamate ai provider e chiavi API ha troppo poco.
security-try-did = In realtà
security-try-as-set = Come impostato ora: { $rate }
security-try-would = Con la modifica: { $rate }
security-try-requests = Richieste
security-try-networks = Reti
security-try-people = Indirizzi o utenti
security-try-result = Che cosa rifiuta
security-try-about = { $count ->
    [one] { $count } uso nel registro, contato in ordine.
   *[other] { $count } usi nel registro, contati in ordine.
  }
security-try-caveat = Mancano i rifiuti che il registro ha solo contato, e nessuno sa che cosa le persone avrebbero fatto altrimenti. La seconda riga conta gli stessi usi con il valore di oggi: più è lontana dalla prima, meno dice la terza.
security-try-nameless = { $count ->
    [one] { $count } è di qualcuno dimenticato e non viene attribuito a nessuno.
   *[other] { $count } sono di qualcuno dimenticato e non vengono attribuiti a nessuno.
  }
security-try-fault = Non si può provare: { $fault }
security-blocked = Bloccato
security-blocked-lede = Che cosa le impostazioni tengono fuori del tutto (abuse).
security-blocked-networks = Reti senza risposta
security-blocked-domains = Domini e-mail senza nuovi utenti
security-allowed-domains = Unici domini e-mail con nuovi utenti
security-allowed-all = Tutti
security-disposable = Indirizzi usa e getta
security-disposable-refused = Nessun nuovo utente
security-disposable-allowed = Come gli altri
security-captcha = Captcha prima dell’invio di un’e-mail
security-captcha-none = Nessuno
security-captcha-work = Lavoro per il browser
security-change = Modifica nelle impostazioni
security-block = Blocca
security-block-of = Blocca { $name }
security-block-title = Bloccare { $network }?
security-block-about = Chi viene da lì non riceve più risposte, finché la rete non viene tolta dall’elenco di quelle bloccate.
security-networks-hint = Una per riga, come indirizzo IP o blocco CIDR, per esempio 203.0.113.0/24.
security-domains-hint = Uno per riga, per esempio example.com.
security-allowed-hint = Se ce ne sono, nessun altro può diventare utente. Uno per riga.
security-disposable-refuse = Rifiuta nuovi utenti con indirizzi usa e getta
security-set-rate = Imposta così: { $rate }
limit-api-key-requests = Verifiche di una chiave API
limit-api-key-unknown = Chiavi API sconosciute da una rete
limit-guesses = Codici errati per un indirizzo
limit-tokens = Token monouso di un utente
limit-captcha = Risposte captcha da una rete
limit-check-network = Codici e link provati da una rete
limit-check-tenant = Codici provati da tutti insieme
limit-send-address = Codici e link per un indirizzo
limit-send-network = Codici e link chiesti da una rete
limit-send-tenant = Codici e link per tutti insieme
limit-general = Richieste a un percorso da una rete
limit-passkey-credential = Tentativi falliti di una passkey
limit-passkey-network = Passaggi delle passkey da una rete
limit-session-check = Controlli di sessione da una rete
limit-social-calls = Chiamate ai provider per un utente
limit-social-failed = Accessi con provider falliti da una rete
limit-social-network = Accessi con provider iniziati da una rete

# Ways to sign in to a tenant
methods-title = Accesso
methods-lede = Come si può accedere.
methods-ways = Modi di accedere
methods-on = Attivo
methods-off = Disattivato
methods-open = Aperto
methods-closed = Chiuso
methods-passkeys = Sempre offerte; a chi non ne ha viene chiesto di crearne una.
methods-required = Chi ha una passkey accede solo con quella, e tutti devono averne una
methods-code = C’è sempre: così si dimostra che un indirizzo è il proprio.
methods-link = Un link in un’e-mail porta a una pagina con un pulsante per accedere. Lo chiede la tua applicazione.
methods-link-offer = Consenti l’accesso con un link
methods-sign-up = Nuovi account
methods-sign-up-about = Se chi non ne ha può creare un account.
methods-sign-up-open = Chiunque può creare un account
methods-providers = Altri servizi
methods-providers-lede = Pulsanti nella pagina di accesso, in quest’ordine.
methods-providers-empty = Ancora nessun altro servizio.
provider-new = Aggiungi un servizio
provider-without-secret = Senza segreto
provider-settings = Il client lì
provider-id = Nome negli indirizzi
provider-id-hint = Uno noto come google, github, microsoft, apple o gitlab richiede solo un client. Ogni altro richiede il suo indirizzo di discovery.
provider-client-id = ID client
provider-client-secret = Segreto del client
provider-secret-hint = Ce n’è uno salvato. Se resta vuoto, rimane com’è.
provider-discovery-url = Indirizzo di discovery
provider-discovery-hint = Di un provider OpenID Connect; vuoto per uno noto.
provider-name = Nome sul pulsante (facoltativo)
provider-redirect = Indirizzo di reindirizzamento
provider-redirect-lede = Inserisci esattamente questo dove registri il client.
provider-test = Prova questo provider
provider-trial = Che cosa si è trovato
provider-discovery = Il suo documento di discovery
provider-keys = Le sue chiavi
provider-client = Se conosce il tuo client
provider-passed = Bene
provider-unclear = Non si può dire
provider-remove = Rimuovi
provider-remove-of = Rimuovi { $name }
provider-remove-confirm = Nessuno può più accedere con esso. Gli account collegati restano, per il giorno in cui torna.

# The instance, for the owners of the platform
instance-title = Istanza
instance-lede = Come funzionano i tenant di tutte le aree di lavoro. I loro utenti, registri e segreti non sono mostrati qui: li vede solo chi è membro della loro area di lavoro.
instance-tenants = Tutti i tenant
instance-processes = Processi
instance-jobs = Attività
instance-health = Salute
instance-search = Cerca un tenant
instance-none = Nessun tenant corrisponde alla ricerca.
instance-tenants-empty = Non c’è ancora nessun tenant.
instance-tenant = Tenant
instance-size = { $size } di dati
instance-schema = Schema { $version }
instance-backed-up = Backup { $ago }
instance-unbacked = Ancora nessun backup
instance-made = Creato { $ago }
instance-processes-lede = Che cosa è in esecuzione su questa macchina, con quanta memoria e da quando. Guardare non avvia nulla.
instance-services = Quelli dell’istanza
instance-isolated = Ognuno deve avere tutti i livelli della sandbox, tranne il launcher e PostgreSQL, a cui non si applica.
instance-rootless = Senza root mancano livelli della sandbox e i tenant condividono un account: solo per lo sviluppo.
instance-engines = Motori
instance-engines-lede = Uno per tenant. Quelli a riposo non occupano memoria e si avviano alla prossima richiesta.
instance-engines-empty = Nessun tenant ha ancora un motore.
instance-role = Processo
instance-memory = Memoria propria
instance-started = Avvio
instance-sandbox = Sandbox
instance-confined = Regge
instance-unconfined = Nessuna
instance-failures = Errori di fila
instance-down = Non è in esecuzione
instance-starting = In avvio
instance-draining = In chiusura
instance-reading-log = Legge un registro
instance-paused = In pausa dopo errori
instance-starts-again = di nuovo { $date }, { $time } UTC
instance-jobs-lede = Tenant che non sono ancora come devono essere. Ciò che non è riuscito viene ritentato da sé.
instance-jobs-empty = Non c’è nulla in corso: ogni tenant è come deve essere.
job-to-run = In preparazione
job-to-suspend = In sospensione
job-to-delete = In arresto, per essere eliminato
job-to-destroy = In distruzione
job-to-import = Riceve dati da altrove
job-to-spare = Preparato in anticipo, per la prossima richiesta
job-retries = Nuovo tentativo { $date }, { $time } UTC
job-attempts = { $attempts ->
    [one] { $attempts } tentativo
   *[other] { $attempts } tentativi
  }
instance-health-lede = Controllato ora.
health-ok = In ordine
health-unchecked = Non controllato
health-warning = Richiede attenzione
health-fault = Non funziona
health-database = Database
health-gateway = Connessioni in entrata
health-outbound = E-mail e altri server
health-auditor = Sigillo dei registri
health-audit-logs = Registri di audit
health-vault = Cassaforte
health-lost-tenants = Dati da ripristinare
health-disk = Disco
health-clock = Orologio
health-isolation = Isolamento
health-not-looked = non controllato: { $why }
health-no-launcher = il launcher non risponde
health-no-database = il database non risponde
health-no-disk = non è stato possibile esaminarlo
health-no-clock = il kernel non dice come sta
health-database-answers = risponde
health-database-silent = non risponde: nessuno può accedere
health-runs = il processo è in esecuzione
health-gateway-down = il processo non è in esecuzione: nessuno può entrare
health-outbound-down = il processo non è in esecuzione: le e-mail attendono e nessun provider è raggiungibile
health-auditor-down = il processo non è in esecuzione: gli eventi vengono scritti, e sigillati al suo ritorno
health-auditor-behind = eventi attendono il sigillo da { $waited } s, in { $logs } registri
health-logs-hold = nessuno contraddice ciò che ha visto il suo testimone
health-logs-contradict = quelli di { $names } contraddicono ciò che ha visto il loro testimone e non vengono più sigillati: un database è stato sostituito da una copia più vecchia? Vedi docs/operations.md
health-vault-works = i segreti sono disponibili ({ $driver })
health-vault-silent = la cassaforte non risponde in tempo
health-jobs-none = ogni tenant è dove deve essere
health-jobs-under-way = { $all } in corso
health-jobs-failed = { $failed } su { $all } non sono riusciti e vengono ritentati: vedi kiavi instance jobs
health-engines-run = { $number } in esecuzione, gli altri dormono
health-engines-paused = { $number } in errore, riavviati dopo una pausa
health-engines-quarantined = { $number } in quarantena dopo chiamate di sistema vietate, e non più avviati: consulta il registro
health-backups-none = nessuno viene fatto da sé: vedi kiavi backup schedule
health-backups-unreadable = la pianificazione è illeggibile: vedi kiavi backup schedule
health-backups-without-instance = l’istanza stessa non è in nessun archivio: indica un --recipient che possa aprirlo quando tutto è perduto
health-backups-good = l’istanza e { $tenants } tenant, salvati e provati in tempo; l’identità dell’operatore: { $identity }
health-identity-tried = provata l’ultima volta il { $date }
health-identity-untried = mai provata (kiavi backup drill --instance --identity FILE)
health-backups-untried = non ripristinati in tempo per prova: { $names }
health-backups-late = nessun archivio dell’ultimo giorno: { $names }
health-domains-hold = nessuno è decaduto e nessuno attende il suo record da giorni
health-domains-lapsed = decaduti, il record non c’è più: { $names }
health-domains-pending = in attesa, il record non è mai arrivato: { $names }
health-domain-since = { $domain } di { $tenant } dal { $since }
health-certificates-hold = ogni nome ne ha uno e nessuno scade presto
health-certificates-ending = scadono presto e non è stato possibile rinnovarli: { $names }
health-certificates-without = non è ancora stato possibile emetterli, quindi i browser non entrano: { $names }
health-certificates-see = { $which }; vedi kiavi certificate list
health-lost-none = i dati di ogni tenant ci sono
health-lost = ripristina questi dai loro archivi: { $names }
health-instance-itself = l’istanza stessa
health-and-more = { $names } e altri { $more }
health-disk-files = resta il { $percent }% dei file che può contenere: un tenant ne ha 400
health-disk-free = { $free } GB liberi ({ $percent }%)
health-disk-low = { $left }: libera spazio in tempo
health-disk-full = { $left }: libera spazio, altrimenti PostgreSQL si ferma e con esso ogni accesso
health-clock-in-step = tenuto in orario, con al massimo { $milliseconds } ms di errore
health-clock-free = niente lo tiene in orario, o nessuno lo ha detto al kernel: installa chrony o systemd-timesyncd. Codici e sessioni scadono in base a esso, e altri server rifiutano token dal futuro
health-isolated = ogni livello della sandbox è obbligatorio
health-isolated-groups = ogni livello della sandbox è obbligatorio; i gruppi di controllo (versione { $version }) tengono ogni motore alla sua quota
health-isolated-no-groups = ogni livello della sandbox è obbligatorio, ma non ci sono gruppi di controllo: ogni motore è tenuto solo dai propri limiti, e uno occupato può rallentare gli altri. kiavi doctor dice perché
health-rootless = senza root: i tenant condividono un account; solo per lo sviluppo

# Members of the console
domains-lede = I nomi con cui si raggiunge questo tenant.
domains-names = Nomi
certificates-title = Certificati
certificate-good = Il suo certificato, di { $issuer }, scade { $date }.
certificate-ended = Il suo certificato è scaduto { $date }: i browser rifiutano di venire qui.
certificate-none = Non ha ancora un certificato: i browser non possono venire qui.
certificate-pending = Il suo certificato è in preparazione.
certificate-unverified = L’autorità di certificazione non ha trovato questo servizio al nome. Fai puntare qui i suoi record A e AAAA.
certificate-limited = L’autorità di certificazione chiede di riprovare più tardi.
certificate-forbidden = Un record CAA del dominio nomina altre autorità di certificazione. Aggiungi questa.
certificate-refused = L’autorità di certificazione rifiuta questo nome. Chiedi a chi gestisce questa istanza.
certificate-unreachable = L’autorità di certificazione non è raggiungibile.
certificate-other = Non è stato possibile creare il certificato. Chiedi a chi gestisce questa istanza.
certificate-again = Nuovo tentativo { $date }, { $time } UTC.
certificate-says = Dice: { $detail }
certificate-renew = Riprova
certificate-renew-of = Riprova a ottenere un certificato per { $domain }
domains-title = Domini
domains-primary = Principale
domains-checked = Ultima ricerca { $time }.
domains-verify = Cerca il record
domains-verify-of = Cerca il record di { $domain }
domains-remove = Rimuovi
domains-remove-of = Rimuovi { $domain }
domains-remove-confirm = Nessuno potrà più accedere lì, e un altro tenant potrà dimostrare che il dominio è suo.
domains-record = Il record di { $domain }
domains-record-name = Nome
domains-record-type = Tipo
domains-record-value = Valore
domains-add = Aggiungi un dominio
domains-add-lede = Poi imposti nel suo DNS un record che dimostra che è tuo. Fino ad allora non cambia nulla.
domains-label = Dominio
domain-served = In uso
domain-former = Precedente
domain-pending = Attende il record
domain-verified = Verificato
domain-missing = Record mancante
domain-lapsed = Scaduto
domain-own-about = Deriva dal nome del tenant.
domain-former-about = Per un po’ porta al nome principale.
domain-given-about = Lo ha impostato il gestore, senza record.
domain-pending-about = Imposta il record qui sotto e poi cercalo. Può richiedere alcuni minuti.
domain-verified-about = Lascia il record dov’è.
domain-missing-about = È ancora in uso. Reimposta il record qui sotto.
domain-lapsed-about = Il record manca da giorni. Il dominio resta in uso finché un altro tenant non lo verifica.
console-nav = Area di lavoro
palette-open = Vai a…
palette-keys = Ctrl K
palette-label = Pagina, tenant o persona
palette-none = Nessun risultato
palette-people = Cerca utenti: «{ $text }»
workspace-switch = Cambia area di lavoro
workspace-new = Nuova area di lavoro
workspace-new-lede = Un’area di lavoro ha tenant, chiavi e membri propri. Ne diventi proprietario.
workspace-name = Nome
workspace-slug = Nome negli indirizzi
workspace-slug-hint = Lettere minuscole, cifre e trattini.
workspace-create = Crea area di lavoro
workspace-rename = Rinomina quest’area di lavoro
team-title = Team
team-lede = Chi lavora in { $workspace } e che cosa può fare.
team-members = Membri
team-alone = Qui ci sei solo tu. Invita le persone con cui lavori.
team-you = Tu
team-joined = Membro da: { $time }
team-role = Ruolo
team-role-of = Cambia ruolo: { $name }
team-role-change = Cambia ruolo
team-remove = Rimuovi
team-remove-of = Rimuovi { $name }
team-remove-confirm = Da questo momento non vedrà e non farà più nulla in { $workspace }.
team-remove-keys = Le chiavi di gestione di cui conosce il segreto saranno revocate: { $keys }. Per conservarne una, rinnovala prima tu.
team-role-keys = Le chiavi di gestione di cui conosce il segreto potranno solo ciò che può il nuovo ruolo: { $keys }.
team-invitations = Inviti
team-invitations-empty = Al momento non è invitato nessuno.
team-invite = Invita qualcuno
team-invite-lede = Riceverà un’e-mail con un link. Vale 7 giorni e solo per questo indirizzo.
team-invite-send = Invia invito
team-invited = Invito inviato { $time }
team-invite-expired = Scaduto
team-resend = Invia di nuovo
team-resend-of = Invia di nuovo l’invito a { $email }
team-revoke = Ritira
team-revoke-of = Ritira l’invito a { $email }
team-roles = Che cosa consentono i ruoli
role-owner = Proprietario
role-owner-about = Tutto, anche l’area di lavoro stessa.
role-admin = Amministratore
role-admin-about = Tutto tranne l’area di lavoro stessa: tenant, impostazioni, chiavi e membri.
role-developer = Sviluppatore
role-developer-about = Costruisce: tenant, impostazioni e chiavi. Non elimina tenant e non gestisce membri.
role-support = Assistenza
role-support-about = Aiuta gli utenti e può agire per loro. Non cambia la configurazione.
role-viewer = Osservatore
role-viewer-about = Vede tutto, non cambia nulla.
role-auditor = Revisore
role-auditor-about = Legge solo il registro e le prove.
role-privacy = Privacy
role-privacy-about = Risponde alle richieste degli interessati e gestisce gli incidenti.
owner-title = Diventare proprietario
owner-lede = Hai eseguito l’accesso come { $email }. Come proprietario di { $workspace } puoi fare tutto e invitare altri.
invitation-title = Entra in { $workspace }
invitation-lede = { $inviter } ti invita come { $role }. Hai eseguito l’accesso come { $email }.
invitation-accept = Entra
invitation-accept-of = Entra in { $workspace } come { $role }
invitation-later = Non ora
no-workspace-title = Ancora nessuna area di lavoro
no-workspace-lede = Hai eseguito l’accesso come { $email }, ma non sei membro di nessuna area di lavoro. Chiedi a un membro di invitare questo indirizzo.
no-owner-title = Questa istanza non ha ancora un proprietario
no-owner-lede = Hai eseguito l’accesso come { $email }. Chi gestisce questa istanza ne diventa proprietario con il link mostrato all’avvio; «kiavi console first-owner» ne mostra un altro.
no-workspace-invited = Sei invitato
link-gone-title = Questo link non funziona più
link-gone-invitation = È scaduto, è stato usato o ritirato, oppure ne è stato inviato uno più recente. Chiedi un nuovo invito.
link-gone-owner = È scaduto o già usato. Chi gestisce questa istanza ne ottiene uno nuovo con «kiavi console first-owner».
owner-exists-title = C’è già un proprietario
owner-exists-lede = Questo link era per il primo proprietario. Chiedi un invito al proprietario.
wrong-address-title = Questo invito è per un altro indirizzo
wrong-address-lede = È stato inviato a { $invited } e tu hai eseguito l’accesso come { $email }. Accedi con l’indirizzo a cui è stato inviato.
wrong-address-switch = Accedi con un altro indirizzo
unverified-title = Conferma prima il tuo indirizzo
unverified-lede = Nulla dimostra ancora che { $email } sia tuo. Accedi una volta con un codice via e-mail e riapri il link.
entry-failed-title = L’accesso non è riuscito
entry-failed-lede = Ha richiesto troppo tempo, è già stato usato o è iniziato in un altro browser. Ricomincia qui.
prove-title = Conferma che sei tu
prove-lede = Hai eseguito l’accesso come { $email }. Usa la passkey per continuare: qui un codice non basta.
prove-confirm = Usa la mia passkey
prove-failed = Non ha funzionato. Riprova con una passkey di questo account.
prove-none = Non hai ancora una passkey. Creane una e tornerai qui.
prove-no-script = Il browser non esegue script qui, quindi non si può usare una passkey. Usa un altro browser.

# La galleria di un’istanza di sviluppo
components-title = Componenti
components-lede = Ogni pagina in ogni stato, con persone inventate. Solo kiavi dev ha questa pagina.
components-look = Aspetto
components-look-ours = Kiavi
components-look-of = Tenant { $number }
components-mails = E-mail

# Casella di posta
mailbox-title = Casella di posta
mailbox-lede = Tutte le e-mail di questa istanza di sviluppo arrivano qui. Nessuna lascia questo computer.
mailbox-empty-title = Ancora nessuna e-mail
mailbox-empty-lede = Chiedi un codice di accesso e compare qui da solo.
mailbox-to = A { $email }
mailbox-copy-code = Copia il codice { $code }
mailbox-count = { $count ->
    [one] { $count } e-mail
   *[other] { $count } e-mail
  }

# Tempo
time-now = proprio ora
time-today = oggi
time-yesterday = ieri
time-minutes-ago = { $minutes ->
    [one] { $minutes } minuto fa
   *[other] { $minutes } minuti fa
  }
time-hours-ago = { $hours ->
    [one] { $hours } ora fa
   *[other] { $hours } ore fa
  }
time-days-ago = { $days ->
    [one] { $days } giorno fa
   *[other] { $days } giorni fa
  }
wait-over = Ora puoi riprovare.
time-left-seconds = { $seconds ->
    [one] { $seconds } secondo
   *[other] { $seconds } secondi
  }
time-left-minutes = { $minutes ->
    [one] { $minutes } minuto
   *[other] { $minutes } minuti
  }
time-left-hours = { $hours ->
    [one] { $hours } ora
   *[other] { $hours } ore
  }
time-left-days = { $days ->
    [one] { $days } giorno
   *[other] { $days } giorni
  }
time-on-date = il { $day } { $monthName } { $year }
time-month = { $month ->
    [1] gennaio
    [2] febbraio
    [3] marzo
    [4] aprile
    [5] maggio
    [6] giugno
    [7] luglio
    [8] agosto
    [9] settembre
    [10] ottobre
    [11] novembre
   *[12] dicembre
  }

# Avvisi: che cosa è successo, poi che cosa fare
notice-code-wrong = Il codice non è giusto. Guarda l’e-mail più recente e riprova.
notice-code-expired = Il codice è scaduto. Chiedine uno nuovo.
notice-code-tries = Troppi codici errati. Chiedi un nuovo codice e usa quello.
notice-code-other-browser = Questo codice appartiene al browser che l’ha chiesto. Chiedine uno nuovo qui.
notice-code-sent = Ti abbiamo inviato un nuovo codice. Quello vecchio non vale più.
notice-link-expired = Questo link è scaduto o è già stato usato. Chiedine uno nuovo.
notice-deletion-mail-sent = Ti abbiamo inviato un’e-mail. Apri il suo link in questo browser per eliminare il tuo account.
notice-email-invalid = Inserisci un indirizzo e-mail come nome@example.com.
notice-passkey-cancelled = La passkey non funziona? Usa un codice via e-mail.
notice-passkey-unknown = Questa passkey è stata rimossa dal tuo account. Usa un codice via e-mail, poi creane una nuova.
notice-passkey-unsupported = Questo browser non può usare le passkey. Usa un codice via e-mail.
notice-passkey-exists = Questo dispositivo ha già una passkey per il tuo account.
notice-passkey-verification = Il dispositivo non ha confermato che sei tu. Imposta un blocco schermo o un PIN, poi riprova.
notice-passkey-wrong-domain = Le passkey non funzionano a questo indirizzo. Apri la solita pagina di accesso.
notice-passkey-timeout = Ci è voluto troppo tempo. Riprova.
notice-passkey-failed = Non è stato possibile verificare la passkey. Riprova o usa un codice via e-mail.
notice-passkey-create-cancelled = Nessuna passkey è stata creata. Puoi riprovare o farlo più tardi.
notice-passkey-created = La tua passkey è pronta. Usala al prossimo accesso.
notice-passkey-renamed = La passkey ha il nuovo nome.
notice-passkey-removed = La passkey è stata rimossa.
notice-passkey-gone = Quella passkey era già stata rimossa.
notice-passkey-last = È il tuo unico modo di accedere. Conferma prima il tuo indirizzo e-mail.
notice-passkey-held = Hai effettuato l’accesso via e-mail, quindi le passkey di prima restano per un po’. Accedi con una di esse oppure aspetta.
notice-email-same = Hai già questo indirizzo.
notice-email-taken = Qualcuno ha un account con questo indirizzo. Usane un altro.
notice-email-changed = Il tuo indirizzo e-mail è stato cambiato.
notice-profile-saved = Il tuo profilo è stato salvato.
notice-name-invalid = Inserisci un nome di al massimo 100 caratteri.
notice-session-revoked = Il dispositivo è stato disconnesso.
notice-sessions-revoked = Tutti gli altri dispositivi sono stati disconnessi.
notice-session-ended = Sei stato disconnesso. Accedi di nuovo per continuare.
notice-sign-in-again = Per sicurezza, accedi di nuovo per modificare questo.
notice-flow-expired = Ci è voluto troppo tempo. Ricomincia.
notice-rate-limited = Troppi tentativi. Riprova tra { $time }.
notice-too-many = Troppi tentativi. Aspetta un momento, poi riprova.
notice-suspended = Questo account è sospeso. Contatta l’assistenza.
notice-passkey-required = Questo account ha una passkey, quindi un codice o un link non fa più accedere. Usa la tua passkey.
notice-sign-up-closed = Qui non si possono creare nuovi account. Chiedi un invito.
notice-provider-denied = L’altro servizio non ha permesso l’accesso. Riprova o usa un codice.
notice-provider-unverified = L’altro servizio non ha confermato il tuo indirizzo e-mail. Usa un codice.
notice-provider-failed = L’altro servizio non ha risposto come previsto. Riprova o usa un codice.
notice-account-conflict = Hai già un account. Conferma con una passkey o un codice.
notice-account-linked = È collegato. D’ora in poi puoi usarlo per accedere.
notice-account-unlinked = È stato scollegato.
notice-account-gone = Quell’account era già scollegato.
notice-account-last = È il tuo unico modo di accedere. Crea prima una passkey o accedi una volta con un codice via e-mail.
notice-account-other-email = Quell’account ha un indirizzo e-mail diverso dal tuo qui, perciò non è stato collegato.
notice-account-taken = Quell’account è collegato qui a un’altra persona.
notice-account-unable = Non è stato possibile collegarlo: l’altro servizio non ha confermato il tuo indirizzo e-mail, o nel frattempo sei stato disconnesso. Riprova.
notice-connect-other = Hai effettuato l’accesso a un altro account, perciò non è stato collegato nulla. Ricomincia per collegarlo qui.
notice-connect-expired = Hai effettuato l’accesso, ma il collegamento ha richiesto troppo tempo. Collegalo dalla pagina del tuo account.
notice-connect-needs-code = Usa un codice via e-mail per collegarlo: il tuo indirizzo non è mai stato confermato qui.
notice-not-while-acting = Stai agendo come un’altra persona. Solo lei può cambiarlo.
notice-acting-stopped = Agisci di nuovo a tuo nome.
notice-acting-link = Questo link è già stato usato o ha più di un minuto. Ricomincia dalla console.
notice-acting-refused = Ora nessuno può agire come questa persona. Consulta la sua pagina nella console.
notice-member-invited = L’invito è in arrivo.
notice-member-exists = Questa persona è già membro.
notice-member-role-changed = Il ruolo è stato cambiato.
notice-member-removed = Il membro è stato rimosso.
notice-member-role-keys = Il ruolo è stato cambiato. Le chiavi di gestione di questa persona ora possono meno.
notice-member-removed-keys = Il membro è stato rimosso e le chiavi di gestione che conosceva sono state revocate.
notice-member-owner-last = Un’area di lavoro ha bisogno di un proprietario. Nomina prima qualcun altro.
notice-member-role-above = Non puoi dare né togliere un ruolo che consente più del tuo.
notice-member-forbidden = Il tuo ruolo non lo consente.
notice-invitation-resent = L’invito è stato inviato di nuovo. Il link precedente non funziona più.
notice-invitation-revoked = L’invito è stato ritirato.
notice-invitation-exists = Questo indirizzo è già invitato. Invia di nuovo quell’invito.
notice-invitation-paused = Questo invito è stato appena inviato. Attendi cinque minuti prima di inviarlo di nuovo.
notice-invitation-gone = Nel frattempo questo invito ha avuto risposta o è stato ritirato.
notice-workspace-renamed = L’area di lavoro ha il nuovo nome.
notice-workspace-exists = Esiste già un’area di lavoro con quel nome. Scegline un altro.
notice-workspace-name = Inserisci un nome di al massimo 100 caratteri e, per gli indirizzi, minuscole, cifre e trattini interni.
notice-domain-added = Il dominio è stato aggiunto. Ora imposta il suo record.
notice-domain-proved = Il record c’è. Il dominio è in uso.
notice-domain-absent = Il record non c’è ancora. Può richiedere alcuni minuti.
notice-domain-different = C’è un record, ma dice altro. Confronta il valore.
notice-domain-unanswered = Nessun server DNS ha risposto. Riprova.
notice-domain-taken = Questo dominio, o uno sopra o sotto di esso, è già in uso.
notice-domain-invalid = Inserisci un tuo dominio, come auth.example.com.
notice-certificate-asked = È stato chiesto un certificato. Richiede secondi o qualche minuto.
notice-certificate-limit = I certificati di questo tenant sono stati chiesti molte volte poco fa. Si riprova da sé; chiedi di nuovo tra qualche minuto.
notice-domain-limit = Questo tenant ha tutti i domini che può avere. Prima rimuovine uno.
notice-domain-removed = Il dominio è stato rimosso.
notice-domain-primary = Il nome principale non può essere rimosso.
notice-domain-gone = Questo dominio è stato rimosso nel frattempo.
notice-backup-no-place = Questa istanza non ha ancora un luogo per gli archivi. Chi la gestisce deve indicarne uno.
notice-backup-gone = Quel backup non è più conservato.
notice-backup-under-way = Qualcosa è già in corso. Questa pagina dice a che punto è.
notice-backup-too-many = È stato richiesto quante volte si può in un giorno. Riprova domani.
notice-step-up-done = Grazie. Puoi farlo per i prossimi cinque minuti.
notice-user-role-changed = Il suo ruolo è stato cambiato.
notice-user-role-empty = Un utente ha almeno un ruolo.
notice-user-banned = La persona è sospesa e disconnessa ovunque.
notice-user-unbanned = La persona può accedere di nuovo.
notice-user-session-ended = Questa sessione è terminata.
notice-user-sessions-ended = La persona è disconnessa ovunque.
notice-user-created = La persona è stata aggiunta.
notice-user-exists = Qualcuno ha già questo indirizzo.
notice-user-passkey-removed = La persona non può più accedere con quella passkey.
notice-user-passkey-gone = Quella passkey della persona era già stata rimossa.
notice-user-key-off = I programmi che usano questa chiave vengono rifiutati da ora.
notice-user-key-on = I programmi possono usare di nuovo questa chiave.
notice-user-key-gone = La persona non ha più questa chiave.
notice-user-removed = L’utente è stato eliminato.
notice-user-gone = Questo utente non esiste più.
notice-user-refused = Il tenant non ha accettato l’operazione. Ricarica la pagina e riprova.
notice-user-act-reason = Di’ perché, in 3-200 caratteri.
notice-user-act-admin = Nessuno agisce come amministratore dell’applicazione.
notice-user-act-banned = Nessuno agisce come una persona sospesa.
notice-user-act-off = Agire come un’altra persona è disattivato nelle impostazioni di questo tenant.
notice-settings-saved = Salvato. Il tenant lo applica entro un secondo.
notice-settings-meanwhile = Qualcun altro ha modificato le impostazioni nel frattempo. Guarda sotto la versione più recente e riprova.
notice-provider-exists = C’è già un servizio con questo nome. Modifica quello.
notice-provider-gone = Questo servizio non esiste più.
notice-provider-removed = Il servizio è stato rimosso.
notice-mail-retried = L’invio viene tentato ora.
notice-mail-not-waiting = Questa e-mail non attende più.
notice-mail-lifted = Questo indirizzo riceve di nuovo e-mail.
notice-mail-not-suppressed = Questo indirizzo non era nell’elenco: riceve e-mail.
notice-isolation-tried = L’isolamento è stato provato; sotto c’è ciò che è stato trovato.
notice-isolation-busy = Lo si sta già provando. Guarda di nuovo tra qualche secondo.
notice-isolation-often = È stato provato quante volte si può in un’ora. Riprova più tardi.
notice-isolation-resting = Il tenant non è in funzione: non c’è nulla da provare.
notice-unlocked = Può di nuovo entrare.
notice-not-locked = Nessun limite blocca qui qualcuno.
notice-network-kept-out = La rete è bloccata. La trovi nell’elenco qui sotto.
notice-unlock-who = Non è né un indirizzo e-mail né un indirizzo IP.
notice-tenant-name = Un nome ha al massimo 63 lettere minuscole da a a z, cifre e trattini interni, come shop.
notice-tenant-name-reserved = Questo nome è riservato. Scegline un altro.
notice-tenant-name-taken = Un altro tenant ha o aveva questo nome. Scegline un altro.
notice-key-revoked = La chiave è stata revocata. Non apre più nulla.
notice-key-gone = Questa chiave non è più attiva.
notice-key-name = Dai alla chiave un nome di al massimo 100 caratteri.
notice-key-scopes = Scegli che cosa può fare la chiave, e nulla che tu non possa.
notice-webhook-saved = Salvato. Ciò che succede da ora viene inviato così.
notice-webhook-removed = L’endpoint è stato rimosso.
notice-webhook-exists = C’è già un endpoint con questo nome. Scegli un altro nome.
notice-webhook-gone = Questo endpoint non esiste più.
notice-webhook-enabled = Ciò che è in attesa viene inviato ora.
notice-webhook-replayed = Viene inviato di nuovo. Ricarica la pagina tra poco per vedere l’esito.
notice-webhook-not-replayed = Non si può inviare ora: l’endpoint non riceve nulla, o l’evento è già in consegna.
notice-view-saved = La vista è salvata.
notice-view-renamed = La vista ha il suo nuovo nome.
notice-view-deleted = La vista è eliminata.
notice-view-name = Dai alla vista un nome di al massimo 60 caratteri.
notice-view-exists = Hai già una vista con questo nome.
notice-view-limit = Non puoi avere altre viste di questo tenant. Eliminane prima una.
notice-view-gone = Questa vista non c’è più.
notice-engine-away = Il tenant non risponde al momento. Riprova tra qualche secondo.
notice-cookies-blocked = Il tuo browser blocca i cookie. Consentili per questa pagina, poi riprova.
notice-offline = Sei offline. Controlla la connessione, poi riprova.
notice-wrong-origin = Questo modulo veniva da un’altra pagina. Compilalo di nuovo qui.
notice-captcha-failed = Il controllo contro lo spam non è riuscito. Riprova.
notice-network-blocked = La tua rete è bloccata qui. Prova da un’altra o chiedi a chi gestisce questo sito.
notice-maintenance = Stiamo facendo manutenzione. Riprova tra qualche minuto.
notice-unexpected = Qualcosa è andato storto. Riprova.

# E-mail
mail-code-subject = { $code } è il tuo codice per { $app }
mail-code-verify-subject = { $code } conferma la tua e-mail per { $app }
mail-code-title = Il tuo codice di accesso
mail-code-verify-title = Conferma il tuo indirizzo e-mail
mail-code-lede = Inserisci questo codice per accedere a { $app }:
mail-code-verify-lede = Inserisci questo codice in { $app } per confermare che questo indirizzo è tuo:
mail-code-valid = { $minutes ->
    [one] Vale { $minutes } minuto e una volta sola.
   *[other] Vale { $minutes } minuti e una volta sola.
  }
mail-code-warning = Non dare mai questo codice a nessuno. Il nostro personale non lo chiede mai.
mail-code-ignore = Non l’hai chiesto? Allora non devi fare nulla: senza il codice nessuno può accedere.
mail-link-subject = Accedi a { $app }
mail-link-title = Il tuo link di accesso
mail-link-lede = Apri questo link per accedere a { $app }:
mail-link-valid-hours = { $hours ->
    [one] È valido per { $hours } ora e funziona una volta sola.
   *[other] È valido per { $hours } ore e funziona una volta sola.
  }
mail-link-ignore = Non inoltrare questa e-mail: chi apre il link accede al posto tuo. Non l’hai chiesta tu? Allora non devi fare nulla.
mail-invitation-subject = { $inviter } ti invita in { $workspace }
mail-invitation-title = Sei invitato
mail-invitation-lede = { $inviter } ti invita a lavorare in { $workspace } su { $app }. Aprire il link non fa ancora nulla; decidi tu sulla pagina.
mail-invitation-button = Vedi l’invito
mail-invitation-ignore = È solo per questo indirizzo. Non lo aspettavi? Allora non devi fare nulla.
mail-link-valid-days = { $days ->
    [one] Vale { $days } giorno e una sola volta.
   *[other] Vale { $days } giorni e una sola volta.
  }
mail-delete-subject = Conferma che vuoi eliminare il tuo account di { $app }
mail-delete-lede = Apri questo link per eliminare il tuo account di { $app }. Tutto ciò che contiene sarà rimosso per sempre.
mail-delete-ignore = Non l’hai chiesto tu? Allora qualcun altro ha effettuato l’accesso al posto tuo: accedi e disconnetti tutti gli altri dispositivi.
mail-changed-subject = Il tuo indirizzo e-mail per { $app } è cambiato
mail-changed-title = Il tuo indirizzo e-mail è cambiato
mail-changed-lede = Ora accedi a { $app } con { $email }. Questo indirizzo lì non funziona più.
mail-changed-advice = Non sei stato tu? Contatta subito l’assistenza.
mail-deleted-subject = Il tuo account di { $app } è stato eliminato
mail-deleted-lede = Il tuo account di { $app } e tutto ciò che conteneva sono stati rimossi.
mail-deleted-advice = Non l’hai chiesto tu? Contatta subito l’assistenza.
mail-account-linked-subject = Un account { $provider } è stato collegato al tuo account { $app }
mail-account-linked-title = Un account è stato collegato
mail-account-linked-lede = Un account { $provider } può ora accedere al tuo account { $app }.
mail-account-linked-advice = Non sei stato tu? Accedi subito, scollega quell’account e disconnetti tutti gli altri dispositivi.
mail-account-unlinked-subject = Un account { $provider } è stato scollegato dal tuo account { $app }
mail-account-unlinked-title = Un account è stato scollegato
mail-account-unlinked-lede = Un account { $provider } non può più accedere al tuo account { $app }.
mail-account-unlinked-advice = Non sei stato tu? Accedi subito, controlla gli account collegati e disconnetti tutti gli altri dispositivi.
mail-passkey-added-subject = Una passkey è stata aggiunta al tuo account { $app }
mail-passkey-added-title = Una passkey è stata aggiunta
mail-passkey-added-lede = Una nuova passkey può accedere al tuo account { $app }.
mail-passkey-added-advice = Non sei stato tu? Accedi subito, rimuovi questa passkey e disconnetti tutti gli altri dispositivi.
mail-passkey-removed-subject = Una passkey è stata rimossa dal tuo account { $app }
mail-passkey-removed-title = Una passkey è stata rimossa
mail-passkey-removed-lede = Una passkey non può più accedere al tuo account { $app }.
mail-passkey-removed-advice = Non sei stato tu? Accedi subito, controlla le tue passkey e disconnetti tutti gli altri dispositivi.
mail-passkey-removed-support-lede = L’assistenza ha rimosso una passkey dal tuo account { $app }. Non può più accedere.
mail-recovery-subject = Qualcuno ha effettuato l’accesso a { $app } senza la tua passkey
mail-recovery-title = Un accesso senza la tua passkey
mail-recovery-lede = { $hours ->
    [one] Qualcuno ha effettuato l’accesso via e-mail al tuo account per { $app }, anche se ha delle passkey. Per { $hours } ora non si possono togliere.
   *[other] Qualcuno ha effettuato l’accesso via e-mail al tuo account per { $app }, anche se ha delle passkey. Per { $hours } ore non si possono togliere.
  }
mail-recovery-advice = Non sei stato tu? Accedi subito con la tua passkey, togli le passkey che non conosci, disconnetti tutti gli altri dispositivi e controlla la tua casella.
mail-test-subject = E-mail di prova da { $app }
mail-test-title = Le e-mail arrivano
mail-test-lede = Le e-mail di { $app } arrivano a questo indirizzo.
mail-test-advice = Chi gestisce { $app } sta provando il server di posta. Non devi fare nulla.
mail-when-device = È successo { $date } alle { $time } (UTC). Dispositivo: { $device }.
mail-when = È successo { $date } alle { $time } (UTC).

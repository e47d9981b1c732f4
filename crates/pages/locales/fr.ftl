# Cadre
skip-to-content = Aller au contenu
language = Langue
secured-by = Sécurisé par Kiavi
foot-links = Conditions et aide
foot-terms = Conditions d’utilisation
foot-privacy = Confidentialité
foot-support = Aide
acting-label = Au nom d’une autre personne
acting-as = Vous agissez en tant que { $user } jusqu’à { $time } UTC, connecté par { $admin }.
acting-stop = Arrêter
acting-title = Agir en tant que { $name }
acting-lede = Pendant { $time }, vous serez connecté à { $app } en tant que { $user }.
acting-reason = Motif
acting-recorded = Ce que vous faites figure dans le journal, à votre nom.
acting-own = Vous êtes connecté ici en tant que { $user }. Cette session attend que vous arrêtiez.
acting-begin = Commencer
acting-support = Quelqu’un de { $app } est connecté en votre nom
acting-support-until = Commencé { $ago }, finit au plus tard à { $time } UTC
acting-support-end = Y mettre fin
or = ou
action-cancel = Annuler
action-continue = Continuer
action-save = Enregistrer
action-copy = Copier
action-copied = Copié
action-search = Rechercher
action-show-all = Tout afficher
action-try-again = Réessayer
label-request-id = Identifiant de la requête

# Connexion
sign-in-title = Se connecter à { $app }
sign-in-lede = Avec une clé d’accès ou un code par e-mail. Sans mot de passe.
email-label = Adresse e-mail
email-placeholder = vous@example.com
passkey-sign-in = Utiliser une clé d’accès
returning-button = Continuer en tant que { $email }
sign-in-new = Première visite ? Saisissez votre adresse e-mail et nous créons votre compte.
provider-continue = Continuer avec { $provider }
captcha-working = Un instant : votre navigateur fait un petit calcul qui tient le spam à distance.
captcha-no-script = Pour recevoir un code ici, votre navigateur doit exécuter des scripts. Activez-les, puis rechargez la page.

# Code
code-title = Consultez vos e-mails
code-lede = Nous avons envoyé un code à { $email }.
code-label = Code de connexion
code-hint = { $count ->
    [one] { $count } chiffre, valable { $minutes } min. Saisissez-le dans ce navigateur.
   *[other] { $count } chiffres, valable { $minutes } min. Saisissez-le dans ce navigateur.
  }
code-change-email = Utiliser une autre adresse
code-resend = Envoyer un nouveau code
code-resend-in = Nouveau code dans { $time }
code-spam = Rien reçu ? Regardez dans les courriers indésirables.
link-lede = Vous vous connectez en tant que { $email }.
link-confirm = Se connecter
connect-title = Vous avez déjà un compte
connect-lede = Un compte existe ici pour { $email }, mais { $provider } n’y est pas encore associé. Montrez que ce compte est à vous et nous associons les deux.
connect-code = M’envoyer un code
connect-code-lede = Ensuite, nous associons { $provider } à votre compte.
connect-other-proof = Choisir un autre moyen
connect-confirm = Associer { $provider }
connect-confirm-lede = Vous êtes connecté en tant que { $email }. Ensuite, vous pourrez aussi vous connecter ici avec { $provider }.

# Proposition d’une clé d’accès
offer-title = Connectez-vous plus vite la prochaine fois
offer-lede = Une clé d’accès vous connecte avec votre empreinte, votre visage ou le verrouillage de l’écran. Rien à retenir, rien à saisir.
offer-point-phishing = Elle ne peut être ni devinée, ni réutilisée, ni volée par un faux site.
offer-point-device = Votre empreinte ou votre visage ne quitte jamais votre appareil.
offer-create = Créer une clé d’accès
offer-later = Pas maintenant
offer-no-script = Votre navigateur n’exécute pas de scripts ici : impossible de créer une clé d’accès. Vous pouvez continuer sans.
offer-nearby-title = Enregistrer aussi une clé d’accès sur cet appareil ?
offer-nearby-lede = Vous avez utilisé une clé d’accès d’un autre appareil. Avec une clé sur celui-ci, vous n’en aurez plus besoin la prochaine fois.
offer-required-lede = Ici, on se connecte avec une clé d’accès. Créez la vôtre maintenant pour continuer.
offer-required-no-script = Votre navigateur n’exécute pas de scripts ici : impossible de créer une clé d’accès. Utilisez un autre navigateur pour continuer.

# Compte
account-title = Votre compte
account-signed-in-as = Connecté en tant que { $email }
account-sign-out = Se déconnecter
profile-title = Profil
profile-name = Nom
profile-name-hint = Affiché dans les applications auxquelles vous vous connectez.
passkeys-title = Clés d’accès
passkeys-lede = Connexion par empreinte, visage ou verrouillage de l’écran.
passkeys-held = Vous vous êtes connecté par e-mail alors que vous avez des clés d’accès. Celles d’avant pourront être supprimées dans { $time } ; une connexion avec l’une d’elles y met fin.
passkeys-empty = Vous n’avez pas encore de clé d’accès. Créez-en une pour vous connecter sans code.
passkeys-add = Ajouter une clé d’accès
passkey-default-name = Clé d’accès
passkey-created = Créée { $time }
passkey-used = Utilisée { $time }
passkey-synced = Synchronisée
passkey-bound = Sur un seul appareil
passkey-rename = Renommer
passkey-rename-of = Renommer { $name }
passkey-name-label = Nouveau nom
passkey-remove = Supprimer
passkey-remove-of = Supprimer { $name }
passkey-remove-confirm = Vous ne pourrez plus vous connecter avec.
passkey-remove-last = C’est votre seule clé d’accès. Sans elle, vous vous connectez avec un code par e-mail.
accounts-title = Comptes associés
accounts-lede = D’autres services avec lesquels vous pouvez vous connecter.
accounts-empty = Aucun autre service n’est encore associé.
account-linked = Associé { $time }
account-unlink = Dissocier
account-unlink-of = Dissocier { $provider }
account-unlink-confirm = Vous ne pourrez plus vous connecter avec ce service.
account-link = Associer { $provider }
sessions-title = Appareils
sessions-lede = Là où vous êtes connecté en ce moment.
session-current = Cet appareil
session-seen = Actif { $time }
session-since = Connecté { $time }
session-revoke = Déconnecter
session-revoke-of = Déconnecter { $device }
sessions-revoke-others = Déconnecter tous les autres appareils
sessions-revoke-others-confirm = { $count ->
    [one] Déconnecter { $count } autre appareil ? Celui-ci reste connecté.
   *[other] Déconnecter { $count } autres appareils ? Celui-ci reste connecté.
  }
device-on = { $browser } sur { $system }
device-unknown = Appareil inconnu

# Delete account
email-change-open = Modifier
email-title = Changer votre adresse e-mail
email-lede = Vous vous connectez avec { $email }. Nous envoyons un code à la nouvelle adresse pour nous assurer qu’elle est à vous.
email-new-label = Nouvelle adresse e-mail
email-send = Envoyer un code
email-code-lede = Nous avons envoyé un code à { $email }. Saisissez-le pour y déplacer votre compte.
email-code-label = Code
email-keep = Garder mon adresse
export-title = Vos données
export-lede = Ce qui est conservé sur vous ici, dans un fichier à lire ou à emporter : votre profil, vos clés d’accès et comptes associés, vos appareils, et ce que le journal dit de vous.
export-button = Télécharger mes données
account-delete-title = Supprimer le compte
account-delete-lede = Efface votre compte et tout ce qu’il contient.
account-delete-open = Supprimer mon compte…
delete-title = Supprimer votre compte ?
delete-lede = { $email } : votre profil, vos clés d’accès et toutes vos connexions seront effacés pour toujours. Cette action est irréversible.
delete-mail-lede = Nous vous envoyons d’abord un e-mail avec un lien de confirmation.
delete-send = Envoyer l’e-mail
delete-confirm = Supprimer mon compte
delete-keep = Garder mon compte
deleted-title = Votre compte est supprimé
deleted-lede = Tout ce qu’il contenait a été effacé. Vous êtes déconnecté partout.

# Déconnexion
sign-out-title = Se déconnecter ?
sign-out-lede = Vous êtes connecté en tant que { $email }.
sign-out-confirm = Se déconnecter
sign-out-stay = Rester connecté
signed-out-title = Vous êtes déconnecté
signed-out-lede = Vous pouvez fermer cette fenêtre.
signed-out-again = Se reconnecter

# En cas de problème
error-title = Un problème est survenu
error-lede = L’erreur vient de nous. Réessayez ; si elle persiste, donnez l’identifiant de la requête à l’assistance.
refused-title = Cela n’a pas fonctionné
leaving-title = Un instant
leaving-lede = Vous êtes connecté. Nous vous ramenons maintenant.
leaving-for-provider = Nous vous dirigeons vers { $provider } pour vous connecter.
not-found-title = Page introuvable
not-found-lede = Cette adresse ne mène nulle part. Vérifiez-la ou recommencez.
not-found-home = Aller à la page d’accueil
starting-title = Un instant
starting-lede = Nous nous préparons. Cette page continue toute seule.
suspended-title = La connexion est désactivée pour l’instant
suspended-lede = Les responsables de cette application l’ont mise en pause. Rien de ce qui est à vous n’est perdu, et vous n’avez rien à faire. Revenez plus tard ou adressez-vous à eux.
unknown-host-title = Il n’y a pas de site à cette adresse
unknown-host-lede = Vérifiez que l’adresse ne contient pas de faute de frappe. Si vous avez suivi un lien, prévenez ceux qui vous l’ont donné.
no-host-title = Cette demande est illisible
no-host-lede = Elle ne nomme pas exactement un site.

# Console
console-title = Locataires
console-lede = Chaque locataire a son propre processus, sa base de données et sa clé.
console-column-name = Nom
console-column-address = Adresse
console-column-state = État
console-column-created = Création
console-empty-title = Aucun locataire
console-empty-lede = La connexion de votre première application est à une seconde d’ici.
console-create-title = Créer un locataire
console-create-lede = Exécutez ceci dans un terminal. Le nouveau locataire apparaît ici tout seul.
console-count = { $count ->
    [one] { $count } locataire
   *[other] { $count } locataires
  }
state-creating = En création
state-running = En marche
state-idle = En veille
state-suspended = Suspendu
state-quarantined = Arrêté par sécurité
state-deleting = En suppression
state-deleted = Supprimé
state-failed = Échec
live-on = En direct
live-off = Reconnexion…

# A tenant in the console
page-nav = Pages
page-range = { $first }–{ $last } sur { $total }
page-range-more = { $first }–{ $last } sur plus de { $total }
page-previous = Précédent
page-next = Suivant
tenant-nav = Locataire { $name }
tenant-switch = Changer de locataire
tenant-overview = Vue d’ensemble
tenant-created = Créé { $time }
tenant-open = Ouvrir la page de connexion
tenant-figures-all = Tous les chiffres et leur calcul
tenant-connect = Utilisez-le dans votre application
tenant-connect-lede = Le client officiel de Better Auth fonctionne tel quel. Cette adresse est tout ce qu’il doit connaître.
tenant-recent = Derniers événements
tenant-recent-all = Tout voir dans le journal d’audit
tenant-away-title = Rien à lire tant qu’il ne tourne pas
tenant-away-lede = Seul le processus du locataire peut lire ses données. Réactivez-le pour voir cette page.
users-title = Utilisateurs
users-new = Ajouter une personne
users-new-lede = Elle ne reçoit pas d’e-mail. Elle se connecte avec cette adresse, comme si elle était venue d’elle-même.
users-new-name-hint = Facultatif. La personne peut le modifier elle-même.
users-search = Rechercher des personnes
users-by = Dans
users-state = État
users-all = Tous
users-active = Actif
users-suspended = Suspendu
users-empty-title = Personne ne s’est encore connecté
users-empty-lede = Toute personne qui se connecte pour la première fois apparaît ici.
users-none-title = Personne trouvée
users-none-lede = Personne ne correspond à votre recherche.
user-id = Identifiant
user-unverified = Adresse non confirmée
user-passkeys-empty = Pas encore de clé d’accès.
user-passkey-remove-confirm = La personne ne pourra plus se connecter avec. Sur son appareil, la clé reste tant qu’elle n’y est pas supprimée.
user-sessions-empty = Connecté nulle part pour le moment.
user-key-off = Désactiver
user-key-off-of = Désactiver { $name }
user-key-on = Activer
user-key-on-of = Activer { $name }
user-key-is-off = Désactivée
user-privacy = Protection des données
user-copy = Une copie de ses données
user-copy-lede = Ce que la personne peut télécharger elle-même : profil, clés d’accès, comptes associés, appareils, clés d’API, et ce que le journal dit d’elle. Pour qui vous la demande.
user-copy-get = Télécharger
user-activity = Activité
user-measures = Mesures
user-role-lede = Ce que votre application leur permet. Les administrateurs y gèrent les utilisateurs.
user-role-hint = Séparez-en plusieurs par des virgules.
user-sign-out = Déconnecter partout
user-sign-out-lede = Met fin à toutes les sessions. La personne peut se reconnecter.
user-suspend = Suspendre
user-suspend-of = Suspendre { $name }
user-suspend-lede = Met fin à toutes les sessions et empêche toute connexion.
user-suspend-for = Pour combien de temps
user-suspend-reason = Motif
user-suspend-reason-hint = Facultatif. Il figure aussi dans le journal d’audit.
user-suspended-always = Jusqu’à la levée
user-suspended-until = Jusqu’à { $time } UTC, { $date }
user-restore = Lever la suspension
user-restore-lede = La personne peut aussitôt se reconnecter.
user-act = Agir en tant que cette personne
user-act-lede = Vous connecte à l’application en tant que cette personne pour un court moment, afin de voir ce qu’elle voit.
user-act-about = Vous arrivez aux pages de connexion de { $tenant }, y confirmez, et arrêtez quand vous avez fini. Ce que seule la personne peut faire reste fermé, comme les clés d’accès, son adresse, les comptes liés, les sessions, une copie de ses données et la suppression de son compte.
user-act-reason-hint = De 3 à 200 caractères. Le motif figure dans le journal du locataire, et la personne peut l’y lire.
user-act-for = Au plus
user-act-go = Continuer
user-delete = Supprimer l’utilisateur
user-delete-of = Supprimer { $name }
user-delete-lede = Supprime le compte et tout son contenu. Le journal ne dit alors plus de qui il s’agissait.
user-delete-confirm = Cette action est irréversible.
users-method = Se connecte par
users-method-all = Peu importe
users-method-passkey = Clé d’accès
users-method-account = Compte associé
users-method-code = Codes uniquement
users-created-from = Arrivés à partir du
users-created-to = Arrivés jusqu’au
users-seen-from = Vus à partir du
users-seen-to = Vus jusqu’au
users-more-filters = Plus de filtres
users-passkeys = { $count ->
    [one] 1 clé d’accès
   *[other] { $count } clés d’accès
  }
users-seen = Vu { $when }
users-came = Arrivé { $when }
users-select = Sélectionner { $name }
users-select-all = Tout sélectionner sur cette page
users-selected = Avec la sélection
users-export = Exporter en CSV
users-export-found = Exporter tout ce qui a été trouvé
selection-none-title = Personne n’est sélectionné
selection-none-lede = Sélectionnez d’abord des personnes dans la liste.
selection-suspend = { $count ->
    [one] Suspendre 1 personne
   *[other] Suspendre { $count } personnes
  }
selection-restore = { $count ->
    [one] Lever la suspension de 1 personne
   *[other] Lever la suspension de { $count } personnes
  }
selection-sign-out = { $count ->
    [one] Déconnecter 1 personne partout
   *[other] Déconnecter { $count } personnes partout
  }
selection-delete = { $count ->
    [one] Supprimer 1 personne
   *[other] Supprimer { $count } personnes
  }
selection-export = { $count ->
    [one] Exporter 1 personne
   *[other] Exporter { $count } personnes
  }
selection-export-more = Exporter plus de { $count } personnes
selection-export-lede = Un tableau avec l’adresse, le nom, l’état, la date d’arrivée et de dernière visite, et les moyens de connexion. Le journal d’audit retient que vous l’avez téléchargé.
selection-download = Télécharger
selection-people = Qui est concerné
selection-gone = { $count ->
    [one] 1 personne sélectionnée n’existe plus.
   *[other] { $count } personnes sélectionnées n’existent plus.
  }
selection-too-many = { $count } personnes au plus à la fois. Les suivantes sont laissées de côté.
selection-done = { $count ->
    [one] Fait pour 1 personne.
   *[other] Fait pour { $count } personnes.
  }
selection-not-done = { $count ->
    [one] Non fait pour 1 personne
   *[other] Non fait pour { $count } personnes
  }
selection-why-gone = N’existe plus
selection-why-not-suspended = N’était pas suspendu
selection-why-no-sessions = N’était connecté nulle part
selection-why-failed = Échec ; réessayez
selection-back = Retour aux utilisateurs
events-title = Journal d’audit
events-lede = Qui a fait quoi, quand, et avec quel résultat. Personne ne peut le modifier sans que cela se voie.
events-what = Événement
events-actor = Par
events-subject = Concerne
events-ip = Adresse IP
events-country = Pays
events-network = Réseau
events-time = Moment
events-outcome = Résultat
events-period = Période
events-fault = Recherche impossible : { $fault }
events-wrong = Recherche impossible.
events-wrong-type = Cet événement n’existe pas. Un groupe s’écrit session.*
events-wrong-email = Ce n’est pas une adresse e-mail.
events-wrong-from = Ce n’est pas un jour.
events-wrong-to = Ce n’est pas un jour, ou il précède le premier.
events-wrong-ip = Ce n’est pas une adresse IP.
events-wrong-country = Un pays a deux lettres, comme FR.
events-wrong-network = Un réseau a un numéro, comme AS3215.
events-wrong-device = Ce mot ne désigne aucun appareil. Choisissez-en un dans la liste.
events-wrong-actor = Indiquez une adresse e-mail, ou un nom tel que le journal l’emploie, comme auditor.
events-wrong-request = Ce n’est pas un identifiant de requête. La page d’un événement en donne un.
events-request = Identifiant de requête
events-days = Les jours sont ceux de { $zone }.
events-empty = Il ne s’est encore rien passé
events-empty-lede = Chaque connexion et chaque modification apparaît ici d’elle-même.
events-none-title = Rien trouvé
events-none-lede = Aucun événement ne correspond à votre recherche.
events-times = Du plus récent au plus ancien.
events-newest = Les plus récents
events-older = Plus anciens
events-export = Exporter
events-export-lede = Tout ce qui correspond à cette recherche, au plus les { $most } événements les plus récents. Le journal d’audit retient que vous l’avez exporté.
events-export-ndjson = Exporter en NDJSON avec preuves
events-export-proof = Chaque ligne du NDJSON contient la preuve que son événement est dans le journal. Cette commande les vérifie toutes, sans ce serveur.
events-export-verify = Commande qui vérifie les preuves
events-export-whole = Cette commande exporte tout le journal, sans cette limite.
events-export-bundle = Commande qui exporte tout le journal
views-title = Vues enregistrées
views-save = Enregistrer cette vue
views-name = Nom
views-hint = Vous seul la voyez.
views-left-out = Les adresses, les adresses IP et les noms de personnes n’y figurent pas.
views-manage = Gérer les vues
views-full = Vous avez { $count } vues de ce locataire, le maximum. Supprimez-en une pour en enregistrer une autre.
views-name-of = Nom de { $name }
views-rename = Renommer
views-rename-one = Renommer { $name }
views-delete = Supprimer
views-delete-one = Supprimer { $name }
outcome-any = Tous
outcome-success = Effectué
outcome-failure = Refusé
period-hour = Dernière heure
period-day = Dernières 24 heures
period-week = 7 derniers jours
period-month = 30 derniers jours
period-all = Tout
event-about = Ce qui s’est passé
event-method = Preuve
event-device = Appareil
event-request = Requête
event-id = Identifiant de l’événement
event-erased = Une personne de cet événement a été effacée. Ses données personnelles ne sont plus lisibles par personne ; l’événement et sa preuve restent inchangés.
event-share = Transmettre
event-share-lede = Toute personne qui peut lire ce journal ouvre le lien ; la commande interroge avec une clé de gestion.
event-link = Lien vers cet événement
event-copy-link = Copier le lien
event-curl = Commande pour cet événement
event-copy-curl = Copier comme curl
event-proof = Preuve
event-proof-lede = Un arbre de Merkle sur tous les événements, signé toutes les quelques secondes, montre que celui-ci est dans le journal et inchangé.
event-sealed = Scellé et inchangé
event-waiting = Pas encore scellé
event-waiting-lede = Il sera scellé dans quelques secondes. Rechargez cette page.
event-uncosigned = Scellé, pas encore contresigné
event-uncosigned-lede = Le témoin de ce journal signe dans quelques secondes qu’il n’a fait que croître. Rechargez cette page.
event-broken = La preuve ne tient pas : ce journal a été modifié. Exécutez la commande ci-dessous et prévenez l’exploitant.
event-unknown = La preuve n’est pas lisible pour le moment. Rechargez cette page.
event-leaf = Numéro dans le journal
event-size = Événements dans l’arbre
event-path = Empreintes du chemin
event-root = Racine
event-download = Télécharger la preuve
event-changes = Modifié
event-json = En JSON
look-title = Page de connexion
look-lede = L’aspect des pages où les personnes se connectent. Ce que vous publiez prend effet aussitôt ; chaque version peut être reprise.
look-name = Nom de l’application
look-logo = Logo
look-logo-hint = PNG, JPEG ou WebP de 8 Kio au plus, de 16 à 1 024 pixels de côté.
look-logo-remove = Sans logo
look-logo-on-dark = Logo sur pages sombres
look-logo-on-dark-hint = Sans lui, le logo s’y trouve sur fond blanc.
look-accent = Couleur
look-accent-on-dark = Couleur sur pages sombres
look-accent-none = La nôtre. Sans elle, elle est tirée de l’autre couleur.
look-contrast = Contraste { $ratio }:1
look-contrast-low = Contraste { $ratio }:1, trop faible pour être lu. La plus proche qui suffit : { $color }
look-contrast-typed = Contraste { $ratio }:1, trop faible pour être lu. Il faut 4,5:1.
look-corners = Coins
look-corners-square = Carrés
look-corners-soft = Doux
look-corners-round = Ronds
look-terms = Conditions d’utilisation (https)
look-privacy = Confidentialité (https)
look-support = Aide (https ou mailto)
look-default-locale = Langue par défaut
look-languages = Langues proposées
look-publish = Publier
look-would-change = Publier changerait ceci :
look-versions = Versions
look-preview = Aperçu
look-preview-show = Afficher
look-preview-fault = Impossible à afficher : { $fault }
look-scene = Quoi montrer
look-pages = Pages
look-states = Messages
look-light = Clair
look-dark = Sombre
look-desktop = Ordinateur
look-phone = Téléphone
settings-title = Réglages
settings-lede = Un seul document pour tout. Un changement prend effet aussitôt, sans couper de connexion.
settings-document = Document
settings-secrets = Les secrets apparaissent sous la forme ***. Ce qui reste *** est conservé tel quel.
settings-comment = Pourquoi (facultatif)
settings-check = Vérifier seulement
settings-fault = Non enregistré : { $fault }
settings-would-change = Enregistrer changerait ceci :
settings-no-change = Enregistrer ne changerait rien.
settings-before = Avant
settings-after = Après
settings-versions = Versions
settings-current = En vigueur
settings-back = Revenir
settings-back-to = Revenir à la version { $version }
settings-back-lede = Son document devient la version la plus récente, avec les secrets d’alors. Rien d’intermédiaire n’est perdu.
settings-changes = { $count ->
    [one] { $count } changement
   *[other] { $count } changements
  }
users-count = { $count ->
    [one] { $count } personne
   *[other] { $count } personnes
  }
users-count-more = Plus de { $count } personnes
user-days = { $days ->
    [one] { $days } jour
   *[other] { $days } jours
  }

# Figures of a tenant
figures-title = Chiffres
figures-lede = À { $time } UTC, { $date }. Comptés dans le journal d’audit ; les jours sont ceux de { $zone }.
figures-now = La situation
figures-meaning = Ce que signifient ces chiffres
figures-dau = Actifs aujourd’hui
figures-dau-about = Personnes qui se sont connectées ou ont utilisé une session aujourd’hui. Chacune compte une fois. Les clés d’API et les administrateurs qui agissent pour quelqu’un ne comptent pas.
figures-wau = Actifs en 7 jours
figures-wau-about = Personnes actives au moins un des 7 jours jusqu’à aujourd’hui inclus.
figures-mau = Actifs en 30 jours
figures-mau-about = Personnes actives au moins un des 30 jours jusqu’à aujourd’hui inclus.
figures-stickiness = Assiduité
figures-stickiness-about = Actifs aujourd’hui divisés par les actifs en 30 jours.
figures-new = Nouveaux aujourd’hui
figures-new-about = Comptes créés aujourd’hui. Les comptes importés ne comptent pas.
figures-users = Comptes
figures-users-about = Comptes qui existent maintenant.
figures-passkeys = Par clé d’accès
figures-passkeys-about = Connexions par clé d’accès divisées par toutes les connexions de la période.
figures-refused = Refusées
figures-refused-about = Connexions refusées divisées par les connexions réussies et refusées de la période.
figures-percent = { $share } %
figures-chart = Personnes actives par jour
figures-chart-about = Du { $first } au { $last } ; { $most } au plus.
figures-table = Afficher en tableau
figures-day = Jour
figures-active = Actifs
figures-new-users = Nouveaux
figures-sign-ins = Connexions par méthode
figures-sign-ins-about = Celles de la période qui ont donné une session.
figures-by-code = Code par e-mail
figures-by-link = Lien par e-mail
figures-failures = Connexions refusées par cause
figures-failures-about = Celles de la période, selon l’événement du journal d’audit et sa raison. Ce qu’une limite ou un captcha a arrêté ne compte pas.
figures-funnel = Ce que deviennent les clés d’accès
figures-funnel-about = Dans cette période. Commencé veut dire qu’une page a demandé un défi ; les pages de connexion avec suggestions le font d’elles-mêmes. Qui annule dans son navigateur n’a fait que commencer.
figures-funnel-sign-in = Connexion
figures-funnel-creation = Création
figures-offered = Proposé
figures-declined = Décliné
figures-started = Commencé
figures-completed = Abouti
figures-failed = Refusé
figures-none = Rien dans cette période.
figures-away-title = Pas de chiffres pour le moment
figures-away-lede = Seul le processus du locataire peut lire son journal, et il ne répond pas pour l’instant. Rechargez cette page dans un moment.
figures-range = Période
figures-range-own = Période au choix
figures-from = Du
figures-to = Au
figures-by = Par
figures-week = Semaine
figures-month = Mois
figures-show = Afficher
figures-csv = Exporter en CSV
figures-chart-week = Personnes actives par semaine
figures-chart-month = Personnes actives par mois
figures-chart-open = Le pointillé mène à une période qui n’est pas terminée.
figures-refused-range = Ces chiffres ne peuvent pas être affichés : { $why }.
figures-stack = Connexions par jour et par méthode
figures-stack-week = Connexions par semaine et par méthode
figures-stack-month = Connexions par mois et par méthode
figures-stack-open = La dernière barre est celle d’une période qui n’est pas terminée.
figures-stack-total = Toutes
figures-by-provider = Fournisseur
figures-new-7 = Nouveaux en 7 jours
figures-new-7-about = Comptes créés dans les 7 jours jusqu’à aujourd’hui inclus. Les comptes importés ne comptent pas.
figures-more = { $count } de plus que { $before }
figures-fewer = { $count } de moins que { $before }
figures-as-many = autant que { $before }
figures-before-1 = la veille
figures-before-7 = les 7 jours précédents
figures-before-30 = les 30 jours précédents
figures-change = + et −
figures-change-about = Combien de plus ou de moins qu’en autant de jours auparavant. Aujourd’hui n’est pas terminé, la veille l’est. Sans signe, personne ne le sait : ces jours avaient commencé avant le premier compte.

# A new tenant, keys and webhooks in the console
console-terminal = Dans un terminal
tenant-new-lede = La connexion d’une application : avec un processus, une base de données et une clé à elle. Cela prend environ une seconde.
tenant-name = Nom
tenant-name-hint = Lettres minuscules, chiffres et traits d’union intérieurs. Il figure dans l’adresse : { $address }
tenant-create = Créer
tenant-progress = Création en cours
tenant-progress-lede = Ce sont les vraies étapes. La page continue toute seule.
tenant-step-secret = Un secret à lui
tenant-step-role = Un utilisateur système et des rôles de base de données à lui
tenant-step-database = Une base de données à lui
tenant-step-schema = Ses tables
tenant-step-certificate = Des certificats pour ses noms
tenant-step-running = Son processus, prêt à répondre
tenant-step-done = fait
tenant-step-current = en cours
tenant-step-waiting = en attente
tenant-step-failed = Cette étape a échoué ({ $code }). Elle est retentée toute seule ; si cela persiste, prévenez l’exploitant de cette instance.
tenant-try = Connectez-vous vous-même
tenant-try-lede = C’est sa vraie page de connexion. Créez-y un compte, et vous êtes son premier utilisateur actif : cette page le dit alors toute seule.
tenant-first-you = Vous êtes le premier utilisateur actif
tenant-first-other = { $email } est le premier utilisateur actif
tenant-first-lede = La connexion est dans le journal d’audit, avec une preuve qu’elle y est, inchangée.
tenant-first-event = Voir l’entrée
keys-title = Clés d’API
keys-lede = Pour les programmes qui gèrent { $workspace } par l’API. Une clé ne peut rien de plus que la personne qui l’a créée.
keys-new = Créer une clé
keys-empty = Aucune clé pour l’instant.
keys-name = Nom
keys-name-hint = Pour les personnes : quel programme l’utilise, et où.
keys-scopes = Ce qu’elle peut faire
keys-scopes-own = Seulement ce qui est coché ci-dessous
keys-scopes-some = Et, en plus, ces permissions
keys-scopes-count = { $count ->
    [one] { $count } permission
   *[other] { $count } permissions
  }
keys-scopes-all = Tout
keys-life = Durée de validité
keys-life-always = Jusqu’à sa révocation
keys-active = Active
keys-expired = Expirée
keys-revoked = Révoquée
keys-made = Créée par { $name } { $time }
keys-used = Utilisée { $time }
keys-unused = Jamais utilisée
keys-ends = Expire { $date }, { $time } UTC
keys-previous-ends = Le secret précédent expire { $date }, { $time } UTC
keys-rotate = Nouveau secret
keys-rotate-of = Nouveau secret pour { $name }
keys-rotate-lede = Il est affiché une seule fois. Les deux sont valables pendant que vous remplacez l’ancien.
keys-overlap = L’ancien secret reste valable
keys-overlap-none = Il expire aussitôt
keys-revoke = Révoquer
keys-revoke-of = Révoquer { $name }
keys-revoke-confirm = Les programmes qui l’utilisent sont refusés dès maintenant. C’est irréversible.
secret-of-key = La clé { $name }
secret-of-key-about = Les programmes l’envoient comme « Authorization: Bearer … ». Gardez-la où eux seuls peuvent la lire.
secret-of-webhook = Le secret de { $name }
secret-of-webhook-about = Votre serveur vérifie avec lui que les événements viennent d’ici (Standard Webhooks).
secret-once = Copiez-le maintenant : il n’est affiché que cette fois.
secret-done = Je l’ai conservé
webhooks-title = Webhooks
webhooks-lede = Vos serveurs apprennent ce qui se passe ici : signé, dans l’ordre, et jusqu’à ce qu’ils l’acceptent.
webhooks-empty = Aucun serveur n’est encore informé.
webhooks-new = Ajouter un point de réception
webhooks-id = Nom
webhooks-id-hint = Lettres minuscules, chiffres, - et _. Il ne change plus.
webhooks-url = Adresse
webhooks-events = Événements
webhooks-events-hint = Un par ligne : un type comme session.created, tous ceux d’une chose comme session.*, ou * pour tout.
webhooks-description = À quoi il sert (facultatif)
webhooks-enabled = Lui envoyer les événements
webhooks-active = Actif
webhooks-failing = En échec
webhooks-paused = En pause
webhooks-disabled = Désactivé
webhooks-unknown = Inconnu pour l’instant
webhooks-pending = { $count ->
    [one] { $count } événement attend.
   *[other] { $count } événements attendent.
  }
webhooks-failing-since = Premier échec : { $time }.
webhooks-change = Modifier
webhooks-test = Envoyer un événement d’essai
webhooks-taken = L’événement d’essai a été accepté.
webhooks-not-taken = L’événement d’essai n’a pas été accepté.
webhooks-retry = Réessayer maintenant
webhooks-rotate = Nouveau secret
webhooks-rotate-of = Nouveau secret pour { $name }
webhooks-remove = Retirer
webhooks-remove-of = Retirer { $name }
webhooks-remove-confirm = Ce qui attend ne sera plus envoyé.
webhooks-deliveries = Envois
webhooks-deliveries-lede = Ceux des 30 derniers jours, les plus récents d’abord.
webhooks-deliveries-empty = Rien de tel n’a encore été envoyé.
delivery-pending = En attente
delivery-delivered = Accepté
delivery-failed = Abandonné
webhooks-attempts = Tentatives
webhooks-attempts-empty = Aucune tentative pour l’instant.
webhooks-event = L’événement dans le journal
webhooks-replay = Renvoyer
webhooks-body = Ce qui est envoyé

# E-mail of a tenant
mail-title = E-mail
mail-lede = De qui il vient, ce qu’il dit et s’il arrive.
mail-sender = Expéditeur
mail-sender-name = Nom de l’expéditeur
mail-sender-address = Adresse de l’expéditeur
mail-reply-to = Où vont les réponses (facultatif)
mail-server-own = Votre propre serveur de messagerie s’en charge : { $server }.
mail-server-platform = Le serveur de messagerie de la plateforme s’en charge. Une autre adresse que l’habituelle demande votre propre serveur, dans les réglages sous mail.smtp.
mail-test = Arrive-t-il ?
mail-test-send = Envoyer un e-mail d’essai
mail-taken = Un serveur a accepté l’e-mail pour { $email }. Regardez dans cette boîte et dans son dossier indésirable.
mail-not-taken = L’e-mail pour { $email } n’est pas parti :
mail-preview = Ce qu’il dit
mail-preview-lede = Avec des valeurs inventées, et vos propres mots là où les réglages en ont (mail.templates).
mail-preview-show = Afficher
mail-preview-html = Voir avec la mise en page
mail-letter = E-mail
mail-own-words = Vos mots
mail-suppressed = Adresses qui n’en reçoivent pas
mail-suppressed-count = { $count ->
    [one] { $count } adresse.
   *[other] { $count } adresses.
  }
mail-suppressed-lede = Leurs serveurs ont dit qu’il n’y a personne. Lesquelles ce sont n’est pas enregistré ; saisissez-en une pour la retirer de la liste.
mail-lift = Y envoyer à nouveau
mail-domain-title = Enregistrements DNS
mail-domain-lede = Le courrier vient de { $email }. Les destinataires consultent ce que dit le domaine avant de l’accepter.
mail-domain-records = Enregistrements de { $domain }
mail-domain-look = Consulter
mail-selector = Sélecteur DKIM
mail-selector-about = Le serveur de messagerie qui signe l’a choisi ; sa documentation ou ses réglages le disent.
mail-selector-wrong = Ce ne peut pas être un sélecteur.
mail-record-add = Ajoutez cet enregistrement { $kind }
mail-record-good = En ordre
mail-record-weak = Faible
mail-record-wrong = Inutilisable
mail-record-absent = Absent
mail-record-unanswered = Pas de réponse
mail-spf-about = Dit quels serveurs peuvent envoyer du courrier de ce domaine.
mail-dkim-about = La clé avec laquelle les destinataires vérifient la signature de chaque e-mail.
mail-dmarc-about = Dit ce que devient le courrier qui prétend seulement venir de ce domaine.
mail-spf-how = L’exploitant du serveur de messagerie sait depuis quels serveurs il envoie et ce qu’il faut écrire dans l’enregistrement.
mail-dkim-how = Le serveur de messagerie crée la clé et affiche l’enregistrement qui va ici.
mail-dmarc-how = Commencez par un enregistrement qui ne demande que des rapports ; exigez plus quand ils montrent que tout votre courrier est signé.
mail-fact-several = Il y en a plusieurs, donc les destinataires n’en utilisent aucun. N’en gardez qu’un.
mail-fact-servers = { $count ->
    [one] { $count } entrée nomme elle-même des serveurs.
   *[other] { $count } entrées nomment elles-mêmes des serveurs.
  }
mail-fact-includes = Il admet les serveurs de { $names }.
mail-fact-others-fail = Tous les autres serveurs sont à refuser.
mail-fact-others-softfail = Tous les autres serveurs sont suspects.
mail-fact-others-neutral = Il ne dit rien des autres serveurs. Terminez-le par ~all ou -all.
mail-fact-others-pass = Il permet à n’importe quel serveur d’envoyer. Terminez-le par ~all ou -all.
mail-fact-key = La clé est là ({ $kind }).
mail-fact-key-short = La clé RSA a moins de 2048 bits. Faites-en créer une plus longue par le serveur de messagerie.
mail-fact-key-revoked = La clé a été retirée : ce qu’elle signe ne compte plus.
mail-fact-key-broken = Ce qui s’y trouve n’est pas une clé. Redéfinissez l’enregistrement.
mail-fact-key-testing = Elle est marquée comme test (t=y) : les destinataires traitent le courrier comme non signé.
mail-fact-policy-none = Il ne demande encore rien aux destinataires (p=none). Passez plus tard à quarantine ou reject.
mail-fact-policy-quarantine = Les contrefaçons sont mises de côté (p=quarantine).
mail-fact-policy-reject = Les contrefaçons sont refusées (p=reject).
mail-fact-policy-unusable = Il ne dit pas ce que les destinataires doivent faire (p=).
mail-fact-percent = Il ne le demande que pour { $percent } % du courrier (pct).
mail-fact-no-reports = Personne n’apprend ce que voient les destinataires (rua).
mail-lift-of = Y envoyer à nouveau : { $email }
mail-sent-title = Envois
mail-sent-lede = Ce qu’est devenu chaque e-mail : si un serveur l’a accepté, et ce qui l’a empêché.
mail-sent-kept = Conservé 30 jours ; ce qu’une personne a reçu disparaît avec son compte.
mail-sent-count-waiting = { $count ->
    [one] { $count } e-mail attend.
   *[other] { $count } e-mails attendent.
  }
mail-sent-none = Aucun e-mail ne correspond.
mail-sent-empty = Rien n’a encore été envoyé.
mail-sent-gone = Quelqu’un qui est parti
mail-sent-next = Prochain essai dans { $time }
mail-sent-attempts = { $count ->
    [one] { $count } essai
   *[other] { $count } essais
  }
mail-sent-reply = le serveur a dit { $reply }
mail-sent-retry = Essayer maintenant
mail-sent-waiting = En attente
mail-sent-accepted = Accepté
mail-sent-refused = Refusé
mail-sent-suppressed = Non envoyé
mail-sent-expired = Trop tard
mail-words-title = Textes
mail-words-lede = Les codes et les liens de connexion peuvent avoir vos propres mots. Les avis sur un compte gardent les nôtres, pour qu’aucun avertissement ne se perde.
mail-words-own = Vos propres mots sont envoyés dans cette langue.
mail-words-ours = Nos mots sont envoyés dans cette langue. Modifiez-les et enregistrez pour envoyer les vôtres.
mail-words-subject = Objet
mail-words-text = Texte brut
mail-words-html = HTML
mail-words-preview = Aperçu
mail-words-made-up = Avec des valeurs inventées. Rien n’est encore enregistré.
mail-words-test-lede = Envoie ce qui est ci-dessus avec des valeurs inventées, enregistré ou non.
mail-words-reset = Revenir à nos mots
mail-words-reset-lede = Vos mots pour cet e-mail dans cette langue sont supprimés. Les réglages gardent la version précédente.
mail-variable-code = Le code ; le texte et le HTML doivent l’avoir
mail-variable-link = Le lien ; le texte et le HTML doivent l’avoir
mail-variable-app = Le nom de l’application
mail-variable-minutes = Combien de minutes il est valable
letter-verification-code = Code qui confirme une adresse
letter-sign-in-link = Lien de connexion
letter-deletion-link = Lien qui supprime un compte
letter-email-changed = Avis : adresse modifiée
letter-user-deleted = Avis : compte supprimé
letter-account-linked = Avis : fournisseur associé
letter-account-unlinked = Avis : fournisseur dissocié
letter-passkey-added = Avis : nouvelle clé d’accès
letter-passkey-removed = Avis : clé d’accès retirée
letter-recovery-started = Avis : connexion sans clé d’accès
letter-test = E-mail d’essai

isolation-title = Isolation
isolation-lede = Si tout ce qui sépare ce locataire tient : essayé, pas supposé.
isolation-last = Dernière preuve
isolation-none = Son isolation n’a pas encore été essayée.
isolation-counts = { $held } tiennent, { $broken } rompus, { $unknown } inconnus.
isolation-download = Télécharger le rapport signé
isolation-prove = Essayer maintenant
isolation-prove-about = Prend quelques secondes. Des processus pareils à celui du locataire essaient ce qui ne doit pas marcher ; rien du locataire ne change, et il continue à servir.
isolation-checks = Ce qui a été essayé
isolation-evidence = Éléments
isolation-verify = Vérifier le rapport vous-même
isolation-verify-lede = Le rapport est signé, et son empreinte est dans le journal scellé de ce locataire.
isolation-digest = Empreinte
isolation-key = Clé de cette instance pour les rapports
isolation-command = Vérifier un rapport, hors ligne
isolation-earlier = Preuves précédentes
isolation-held = Tient
isolation-broken = Rompu
isolation-not-applicable = Rien à tenir
isolation-unknown = Inconnu
isolation-canary = Un processus lancé comme le moteur du locataire s’isole lui-même
isolation-namespaces = Montages, réseau, IPC, nom d’hôte et groupes de contrôle lui sont propres
isolation-root = Sa racine est vide et en lecture seule : aucun chemin ne mène nulle part
isolation-limits = Threads, fichiers, mémoire et descripteurs sont limités
isolation-account = Il tourne sous le compte du locataire, dans aucun autre groupe
isolation-privileges = Il n’a aucune capacité et ne peut en obtenir
isolation-landlock = Landlock lui refuse les fichiers, et il finit avec son lanceur
isolation-seccomp = Il ne lui reste que les appels système listés
isolation-descriptors = Il ne tient rien qui mène dehors et n’a pas d’environnement
isolation-group = Un groupe de contrôle borne sa part de la machine
isolation-files = Les fichiers ne peuvent être lus, listés, consultés ni écrits
isolation-processes = Les autres processus sont hors d’atteinte, et ni processus ni thread ne peut être lancé
isolation-network = Rien ne peut être joint, écouté ni envoyé
isolation-kernel = Montages, espaces de noms, code propre et parties rares du noyau sont hors d’atteinte
isolation-share = Plus de mémoire ou de descripteurs que sa part est refusé
isolation-database-others = Son rôle ne peut se connecter à d’autres bases ni sous d’autres rôles
isolation-database-catalogs = Son rôle ne voit pas d’autres locataires dans les catalogues du serveur
isolation-database-server = Son rôle n’atteint ni fichiers, ni programmes, ni réglages du serveur
isolation-database-powers = Son rôle ne peut rien créer, posséder, changer ou arrêter hors de ses lignes
isolation-database-log = Son rôle ne peut rien changer ni retirer dans le journal d’audit
isolation-database-grants = Son rôle a exactement les droits que cette version lui donne
isolation-database-owners = Rien dans sa base n’appartient à son rôle
isolation-database-objects = Sa base a les tables, fonctions et déclencheurs de cette version, et aucun autre
isolation-database-connections = Le nombre de ses connexions à la base est limité
isolation-key-secret = Son secret est le sien
isolation-key-log = La clé qui scelle son journal est la sienne
isolation-account-unique = Son compte n’est celui d’aucun autre locataire
isolation-hostnames = On ne le joint que par ses propres noms d’hôte
isolation-egress = Il atteint les serveurs qu’il liste, et aucun autre
isolation-certificate = Ses certificats et leurs clés sont les siens, valables aujourd’hui, et ceux que voient ses visiteurs

# Backups of a tenant
backups-title = Sauvegardes
backups-lede = Ce qu’elles sont devenues, et si la dernière a pu être restaurée.
backups-last = Dernière sauvegarde
backups-last-drill = Dernier essai de restauration
backups-none = Pas encore
backups-scheduled = Faites toutes seules
backups-unscheduled = Ne se font pas toutes seules
backups-rows = { $count ->
    [one] { $count } ligne
   *[other] { $count } lignes
  }
backups-drill-good = Restaurée en entier, le journal finissait au même point
backups-drill-bad = Elle n’a pas pu être restaurée
backups-signed-in = Une session était connue sur la copie
backups-drill-about = Une sauvegarde jamais restaurée est un espoir. L’essai fait une copie, compte, se connecte et la retire.
backups-runs = Ce qu’elles sont devenues
backups-empty = Aucune sauvegarde n’a encore été faite.
backups-drill = Essai de restauration
backups-backup = Sauvegarde
backups-commands = Sur la machine
backups-commands-lede = Les archives quittent l’instance chiffrées, vers un lieu qu’elle n’atteint pas elle-même. C’est donc son exploitant qui les fait là.
backups-make = En faire une maintenant
backups-try = Essayer de restaurer la dernière
backups-restore = En restaurer une à côté de ce locataire
backups-place = Nommer un lieu pour les archives, pour pouvoir les faire d’ici
backups-now = Sauvegarder maintenant
backups-drill-now = Essayer la dernière maintenant
backups-copy = Restaurer dans une copie
backups-copy-of = Restaurer dans une copie : sauvegarde de { $when }
backups-copying = Copie { $name }
backups-step-waiting = Demandé
backups-step-storing = Faite et rangée
backups-step-reading = Lue jusqu’au bout et vérifiée
backups-step-restoring = Restaurée dans un nouveau locataire
backups-so-far = { $size } jusqu’ici
backups-late = Personne n’a encore commencé. L’exploitant de cette instance le fait faire dans l’heure ; aussitôt, si kiavi backup run --watch y tourne.
backups-done-backup = La sauvegarde est faite et rangée.
backups-done-copy = La copie { $name } est faite.
backups-open-copy = Ouvrir { $name }
backups-failed = Cela n’a rien donné, et rien n’a changé. L’exploitant de cette instance en trouve la raison dans son journal.
backups-failed-gone = Cela n’a rien donné : l’archive n’est plus là. Choisissez-en une autre.
backups-failed-damaged = Cela n’a rien donné : l’archive est endommagée ou ne convient pas. Choisissez-en une autre et prévenez l’exploitant de cette instance.
backups-failed-name = Cela n’a rien donné : le nom { $name } est pris entre-temps. Choisissez-en un autre.
backups-copy-lede = Un nouveau locataire devient ce que { $name } était dans la sauvegarde de { $when }. { $name } reste tel quel.
backups-with-ended = Ramener ce qui a pris fin depuis
backups-with-ended-about = Les personnes effacées, et les clés d’accès, comptes associés et clés d’API retirés. Seulement si leur fin était l’erreur : qui a demandé l’effacement reviendrait.
backups-with-keys = Les clés d’API valent aussi pour la copie
backups-with-keys-about = Celles qui valent pour le locataire lui-même. Sans cela, les programmes qui l’utilisent ne peuvent pas atteindre la copie par mégarde.
backups-copy-about = Personne n’est connecté à la copie. Elle a une autre adresse : les navigateurs doivent se connecter, les fournisseurs ont besoin de ses URI de redirection, et les clés d’accès ne valent que là où elles ont été faites.

# Sessions of a tenant
live-title = Sessions
live-lede = Qui est connecté, les derniers arrivés d’abord.
live-empty = Personne n’est connecté pour l’instant.
live-none = Aucune session ne correspond à votre recherche.
live-acting = Quelqu’un agit en leur nom
live-end-of = Déconnecter { $name } de { $device }

# Security of a tenant
security-title = Sécurité
security-lede = Quelles limites s’appliquent, ce qu’elles ont refusé et qui est bloqué.
security-quiet = { $count ->
    [one] { $count } limite n’a refusé personne la semaine dernière
   *[other] { $count } limites n’ont refusé personne la semaine dernière
  }
security-locked = Bloqués maintenant
security-locked-lede = Qui une limite refuse en ce moment, pour autant que le journal des dernières 24 heures les nomme.
security-locked-empty = Personne n’est bloqué.
security-locked-guesses = { $count ->
    [one] { $count } adresse a épuisé ses codes erronés.
   *[other] { $count } adresses ont épuisé leurs codes erronés.
  }
security-locked-total = { $count ->
    [one] { $count } en tout.
   *[other] { $count } en tout ; seuls ceux qui attendent le plus longtemps sont affichés.
  }
security-for = { $limit } : encore { $time }
security-refused-day = { $count ->
    [one] { $count } requête refusée en 24 heures
   *[other] { $count } requêtes refusées en 24 heures
  }
security-everybody = Tout le monde
security-unlock = Laisser entrer
security-unlock-of = Laisser entrer : { $name }
security-unlock-who = Adresse e-mail ou IP
security-unlock-lede = Quelqu’un qui n’est pas dans la liste : le compte recommence.
security-limits = Limites
security-limits-lede = Ce que chacune a refusé, d’après le journal.
security-rate = { $limit } en { $time }
security-off = Désactivée
security-refused = Refusées : { $today } en 24 heures, { $week } en 7 jours
security-refused-none = Rien refusé en 7 jours
security-told-as = Ses refus sont dans le journal parmi
security-offenders = Les plus refusés en 7 jours
security-untold = { $count ->
    [one] { $count } refus des 7 derniers jours n’est dans le journal que comme nombre, sans sa limite : un flot ne doit pas le remplir.
   *[other] { $count } refus des 7 derniers jours ne sont dans le journal que comme nombre, sans leur limite : un flot ne doit pas le remplir.
  }
security-fixed = { $count ->
    [one] { $count } refus vient d’une limite qu’aucun réglage ne change.
   *[other] { $count } refus viennent de limites qu’aucun réglage ne change.
  }
security-partial = Il y avait trop à lire : voici les événements depuis { $time }.
security-try = Essayer un changement
security-try-of = Essayer un changement : { $name }
security-try-lede = Ce qu’une limite aurait refusé ces 7 derniers jours avec une autre valeur. Cela ne change rien.
security-try-limit = Limite
security-try-uses = Combien
security-try-window = En combien de secondes
security-try-run = Recompter
security-try-missing = Seules les limites dont le journal a les usages sont proposées. Des pages vues, contrôles de session, captchas, étapes de clés d’accès, appels aux fournisseurs et clés d’API, il en a trop peu.
security-try-did = En réalité
security-try-as-set = Réglage actuel : { $rate }
security-try-would = Avec le changement : { $rate }
security-try-requests = Requêtes
security-try-networks = Réseaux
security-try-people = Adresses ou utilisateurs
security-try-result = Ce qu’elle refuse
security-try-about = { $count ->
    [one] { $count } usage dans le journal, compté dans l’ordre.
   *[other] { $count } usages dans le journal, comptés dans l’ordre.
  }
security-try-caveat = Les refus que le journal a seulement comptés manquent, et nul ne sait ce que les gens auraient fait autrement. La deuxième ligne compte les mêmes usages avec la valeur d’aujourd’hui : plus elle s’éloigne de la première, moins la troisième en dit.
security-try-nameless = { $count ->
    [one] { $count } vient d’une personne oubliée et n’est attribué à personne.
   *[other] { $count } viennent de personnes oubliées et ne sont attribués à personne.
  }
security-try-fault = Cela ne peut pas être essayé : { $fault }
security-blocked = Bloqué
security-blocked-lede = Ce que les réglages écartent tout à fait (abuse).
security-blocked-networks = Réseaux sans réponse
security-blocked-domains = Domaines e-mail sans nouveaux utilisateurs
security-allowed-domains = Seuls domaines e-mail avec de nouveaux utilisateurs
security-allowed-all = Tous
security-disposable = Adresses jetables
security-disposable-refused = Pas de nouveaux utilisateurs
security-disposable-allowed = Comme les autres
security-captcha = Captcha avant l’envoi d’un e-mail
security-captcha-none = Aucun
security-captcha-work = Un calcul pour le navigateur
security-change = Modifier dans les réglages
security-block = Bloquer
security-block-of = Bloquer { $name }
security-block-title = Bloquer { $network } ?
security-block-about = Quiconque vient de là ne reçoit plus de réponse, jusqu’à ce que le réseau soit retiré de la liste des réseaux bloqués.
security-networks-hint = Un par ligne, comme adresse IP ou bloc CIDR, par exemple 203.0.113.0/24.
security-domains-hint = Un par ligne, par exemple example.com.
security-allowed-hint = S’il y en a, personne d’autre ne peut devenir utilisateur. Un par ligne.
security-disposable-refuse = Refuser les nouveaux utilisateurs avec une adresse jetable
security-set-rate = Fixer ainsi : { $rate }
limit-api-key-requests = Vérifications d’une clé d’API
limit-api-key-unknown = Clés d’API inconnues d’un réseau
limit-guesses = Codes erronés pour une adresse
limit-tokens = Jetons à usage unique d’un utilisateur
limit-captcha = Réponses de captcha d’un réseau
limit-check-network = Codes et liens essayés d’un réseau
limit-check-tenant = Codes essayés par tous ensemble
limit-send-address = Codes et liens pour une adresse
limit-send-network = Codes et liens demandés d’un réseau
limit-send-tenant = Codes et liens pour tous ensemble
limit-general = Requêtes vers un chemin d’un réseau
limit-passkey-credential = Essais manqués d’une clé d’accès
limit-passkey-network = Étapes de clés d’accès d’un réseau
limit-session-check = Contrôles de session d’un réseau
limit-social-calls = Appels aux fournisseurs pour un utilisateur
limit-social-failed = Connexions par fournisseur échouées d’un réseau
limit-social-network = Connexions par fournisseur commencées d’un réseau

# Ways to sign in to a tenant
methods-title = Connexion
methods-lede = Comment on peut se connecter.
methods-ways = Moyens de connexion
methods-on = Activé
methods-off = Désactivé
methods-open = Ouvert
methods-closed = Fermé
methods-passkeys = Toujours proposées ; qui n’en a pas est invité à en créer une.
methods-required = Qui a une clé d’accès ne se connecte avec rien d’autre, et tout le monde doit en avoir une
methods-code = Toujours là : c’est ainsi qu’on prouve qu’une adresse est à soi.
methods-link = Un lien dans un e-mail mène à une page dont le bouton connecte. Votre application le demande.
methods-link-offer = Permettre la connexion par un lien
methods-sign-up = Nouveaux comptes
methods-sign-up-about = Si quelqu’un qui n’en a pas peut créer un compte.
methods-sign-up-open = Tout le monde peut créer un compte
methods-providers = Autres services
methods-providers-lede = Des boutons sur la page de connexion, dans cet ordre.
methods-providers-empty = Aucun autre service pour l’instant.
provider-new = Ajouter un service
provider-without-secret = Sans secret
provider-settings = Le client là-bas
provider-id = Nom dans les adresses
provider-id-hint = Un service connu comme google, github, microsoft, apple ou gitlab ne demande qu’un client. Tout autre demande son adresse de découverte.
provider-client-id = ID du client
provider-client-secret = Secret du client
provider-secret-hint = Un secret est enregistré. Laissé vide, il reste tel quel.
provider-discovery-url = Adresse de découverte
provider-discovery-hint = D’un fournisseur OpenID Connect ; vide pour un service connu.
provider-name = Nom sur le bouton (facultatif)
provider-redirect = Adresse de redirection
provider-redirect-lede = Saisissez exactement ceci là où vous enregistrez le client.
provider-test = Tester ce fournisseur
provider-trial = Ce qui a été constaté
provider-discovery = Son document de découverte
provider-keys = Ses clés
provider-client = S’il connaît votre client
provider-passed = Bon
provider-unclear = Indécidable
provider-remove = Retirer
provider-remove-of = Retirer { $name }
provider-remove-confirm = Plus personne ne peut se connecter avec. Les comptes associés restent, pour le jour où il revient.

# The instance, for the owners of the platform
instance-title = Instance
instance-lede = Comment fonctionnent les locataires de tous les espaces de travail. Leurs utilisateurs, journaux et secrets ne sont pas montrés ici : seul un membre de leur espace de travail peut les voir.
instance-tenants = Tous les locataires
instance-processes = Processus
instance-jobs = Tâches
instance-health = Santé
instance-search = Rechercher un locataire
instance-none = Aucun locataire ne correspond à votre recherche.
instance-tenants-empty = Il n’y a encore aucun locataire.
instance-tenant = Locataire
instance-size = { $size } de données
instance-schema = Schéma { $version }
instance-backed-up = Sauvegardé { $ago }
instance-unbacked = Pas encore sauvegardé
instance-made = Créé { $ago }
instance-processes-lede = Ce qui fonctionne sur cette machine, avec combien de mémoire et depuis quand. Regarder ne démarre rien.
instance-services = Ceux de l’instance
instance-isolated = Chacun doit avoir toutes les couches du bac à sable, sauf le lanceur et PostgreSQL, qu’il ne concerne pas.
instance-rootless = Sans root, des couches du bac à sable manquent et les locataires partagent un compte : pour le développement seulement.
instance-engines = Moteurs
instance-engines-lede = Un par locataire. Ceux en veille ne prennent pas de mémoire et démarrent à la prochaine requête.
instance-engines-empty = Aucun locataire n’a encore de moteur.
instance-role = Processus
instance-memory = Mémoire propre
instance-started = Démarrage
instance-sandbox = Bac à sable
instance-confined = Tient
instance-unconfined = Aucun
instance-failures = Échecs d’affilée
instance-down = À l’arrêt
instance-starting = Démarre
instance-draining = Se termine
instance-reading-log = Lit un journal
instance-paused = En pause après des échecs
instance-starts-again = à nouveau { $date }, { $time } UTC
instance-jobs-lede = Les locataires qui ne sont pas encore comme ils doivent être. Ce qui a échoué est réessayé de soi-même.
instance-jobs-empty = Rien n’est en cours : chaque locataire est comme il doit être.
job-to-run = En préparation
job-to-suspend = En cours de suspension
job-to-delete = En cours d’arrêt, avant suppression
job-to-destroy = En cours de destruction
job-to-import = Reçoit des données d’ailleurs
job-to-spare = Préparé d’avance, pour la prochaine demande
job-retries = Nouvel essai { $date }, { $time } UTC
job-attempts = { $attempts ->
    [one] { $attempts } essai
   *[other] { $attempts } essais
  }
instance-health-lede = Vérifié à l’instant.
health-ok = En ordre
health-unchecked = Non vérifié
health-warning = À surveiller
health-fault = Ne fonctionne pas
health-database = Base de données
health-gateway = Connexions entrantes
health-outbound = E-mail et autres serveurs
health-auditor = Scellement des journaux
health-audit-logs = Journaux d’audit
health-vault = Coffre
health-lost-tenants = Données à restaurer
health-disk = Disque
health-clock = Horloge
health-isolation = Isolation
health-not-looked = non vérifié : { $why }
health-no-launcher = le lanceur ne répond pas
health-no-database = la base de données ne répond pas
health-no-disk = il n’a pas pu être examiné
health-no-clock = le noyau ne dit pas ce qu’il en est
health-database-answers = elle répond
health-database-silent = elle ne répond pas : personne ne peut se connecter
health-runs = le processus tourne
health-gateway-down = le processus ne tourne pas : personne n’entre
health-outbound-down = le processus ne tourne pas : les e-mails attendent et aucun fournisseur n’est joint
health-auditor-down = le processus ne tourne pas : les événements sont écrits, et scellés à son retour
health-auditor-behind = des événements attendent d’être scellés depuis { $waited } s, dans { $logs } journaux
health-logs-hold = aucun ne contredit ce que son témoin a vu
health-logs-contradict = ceux de { $names } contredisent ce que leur témoin a vu et ne sont plus scellés : une base de données a-t-elle été remplacée par une copie plus ancienne ? Voir docs/operations.md
health-vault-works = les secrets sont accessibles ({ $driver })
health-vault-silent = le coffre ne répond pas à temps
health-jobs-none = chaque locataire est là où il doit être
health-jobs-under-way = { $all } en cours
health-jobs-failed = { $failed } sur { $all } ont échoué et sont réessayées : voir kiavi instance jobs
health-engines-run = { $number } en marche, les autres dorment
health-engines-paused = { $number } en échec, redémarrés après une pause
health-engines-quarantined = { $number } en quarantaine après des appels système interdits, qui ne sont plus démarrés : consultez le journal
health-backups-none = aucune ne se fait d’elle-même : voir kiavi backup schedule
health-backups-unreadable = le calendrier est illisible : voir kiavi backup schedule
health-backups-without-instance = l’instance elle-même n’est dans aucune archive : indiquez un --recipient qui pourra l’ouvrir quand tout est perdu
health-backups-good = l’instance et { $tenants } locataires, sauvegardés et essayés à temps ; l’identité de l’opérateur : { $identity }
health-identity-tried = essayée pour la dernière fois le { $date }
health-identity-untried = jamais essayée (kiavi backup drill --instance --identity FILE)
health-backups-untried = pas restaurés à l’essai à temps : { $names }
health-backups-late = pas d’archive du dernier jour : { $names }
health-domains-hold = aucun n’est échu, et aucun n’attend son enregistrement depuis des jours
health-domains-lapsed = échus, l’enregistrement a disparu : { $names }
health-domains-pending = en attente, l’enregistrement n’est jamais venu : { $names }
health-domain-since = { $domain } de { $tenant } depuis le { $since }
health-certificates-hold = chaque nom en a un, et aucun n’expire bientôt
health-certificates-ending = expirent bientôt et n’ont pas pu être renouvelés : { $names }
health-certificates-without = n’ont pas encore pu être faits, les navigateurs n’entrent donc pas : { $names }
health-certificates-see = { $which } ; voir kiavi certificate list
health-lost-none = les données de chaque locataire sont là
health-lost = restaurez ceux-ci depuis leurs archives : { $names }
health-instance-itself = l’instance elle-même
health-and-more = { $names } et { $more } autres
health-disk-files = il reste { $percent } % des fichiers qu’il peut contenir : un locataire en a 400
health-disk-free = { $free } Go sont libres ({ $percent } %)
health-disk-low = { $left } : faites de la place à temps
health-disk-full = { $left } : faites de la place, sinon PostgreSQL s’arrête, et avec lui toute connexion
health-clock-in-step = tenue à l’heure, à { $milliseconds } ms près
health-clock-free = rien ne la tient à l’heure, ou personne ne l’a dit au noyau : installez chrony ou systemd-timesyncd. Codes et sessions expirent d’après elle, et d’autres serveurs refusent des jetons venus du futur
health-isolated = chaque couche du bac à sable est exigée
health-isolated-groups = chaque couche du bac à sable est exigée ; les groupes de contrôle (version { $version }) tiennent chaque moteur à sa part
health-isolated-no-groups = chaque couche du bac à sable est exigée, mais il n’y a pas de groupes de contrôle : chaque moteur n’est tenu que par ses propres limites, et un moteur occupé peut ralentir les autres. kiavi doctor dit pourquoi
health-rootless = sans root : les locataires partagent un compte ; pour le développement seulement

# Members of the console
domains-lede = Les noms sous lesquels ce locataire est joignable.
domains-names = Noms
certificates-title = Certificats
certificate-good = Son certificat, délivré par { $issuer }, expire { $date }.
certificate-ended = Son certificat a expiré { $date } : les navigateurs refusent d’y aller.
certificate-none = Il n’a pas encore de certificat : les navigateurs ne peuvent pas y aller.
certificate-pending = Son certificat est en préparation.
certificate-unverified = L’autorité de certification n’a pas trouvé ce service à ce nom. Faites pointer ses enregistrements A et AAAA ici.
certificate-limited = L’autorité de certification demande de réessayer plus tard.
certificate-forbidden = Un enregistrement CAA du domaine désigne d’autres autorités de certification. Ajoutez-y celle-ci.
certificate-refused = L’autorité de certification refuse ce nom. Demandez à qui exploite cette instance.
certificate-unreachable = L’autorité de certification est injoignable.
certificate-other = Le certificat n’a pas pu être créé. Demandez à qui exploite cette instance.
certificate-again = Nouvel essai { $date }, { $time } UTC.
certificate-says = Elle dit : { $detail }
certificate-renew = Réessayer
certificate-renew-of = Réessayer d’obtenir un certificat pour { $domain }
domains-title = Domaines
domains-primary = Principal
domains-checked = Dernière recherche { $time }.
domains-verify = Chercher l’enregistrement
domains-verify-of = Chercher l’enregistrement de { $domain }
domains-remove = Retirer
domains-remove-of = Retirer { $domain }
domains-remove-confirm = Plus personne ne pourra s’y connecter, et un autre locataire pourra prouver que le domaine est à lui.
domains-record = L’enregistrement de { $domain }
domains-record-name = Nom
domains-record-type = Type
domains-record-value = Valeur
domains-add = Ajouter un domaine
domains-add-lede = Vous placez ensuite dans son DNS un enregistrement qui prouve qu’il est à vous. Jusque-là, rien ne change.
domains-label = Domaine
domain-served = En service
domain-former = Ancien
domain-pending = Attend son enregistrement
domain-verified = Vérifié
domain-missing = Enregistrement absent
domain-lapsed = Périmé
domain-own-about = Il vient avec le nom du locataire.
domain-former-about = Il mène encore quelque temps au nom principal.
domain-given-about = L’exploitant l’a défini, sans enregistrement.
domain-pending-about = Placez l’enregistrement ci-dessous, puis cherchez-le. Cela peut prendre quelques minutes.
domain-verified-about = Laissez l’enregistrement en place.
domain-missing-about = Il est toujours en service. Remettez l’enregistrement ci-dessous.
domain-lapsed-about = L’enregistrement manque depuis des jours. Le domaine reste en service jusqu’à ce qu’un autre locataire le vérifie.
console-nav = Espace de travail
palette-open = Aller à…
palette-keys = Ctrl K
palette-label = Page, locataire ou personne
palette-none = Aucun résultat
palette-people = Chercher « { $text } » parmi les utilisateurs
workspace-switch = Changer d’espace de travail
workspace-new = Nouvel espace de travail
workspace-new-lede = Un espace de travail a ses propres locataires, clés et membres. Vous en devenez propriétaire.
workspace-name = Nom
workspace-slug = Nom dans les adresses
workspace-slug-hint = Lettres minuscules, chiffres et traits d’union.
workspace-create = Créer l’espace de travail
workspace-rename = Renommer cet espace de travail
team-title = Équipe
team-lede = Qui travaille dans { $workspace }, et avec quels droits.
team-members = Membres
team-alone = Vous êtes seul ici. Invitez les personnes avec qui vous travaillez.
team-you = Vous
team-joined = Membre depuis { $time }
team-role = Rôle
team-role-of = Changer le rôle : { $name }
team-role-change = Changer le rôle
team-remove = Retirer
team-remove-of = Retirer { $name }
team-remove-confirm = À partir de cet instant, cette personne ne voit et ne fait plus rien dans { $workspace }.
team-remove-keys = Les clés de gestion dont cette personne connaît le secret seront révoquées : { $keys }. Pour en garder une, renouvelez-la d’abord vous-même.
team-role-keys = Les clés de gestion dont cette personne connaît le secret ne gardent que les droits du nouveau rôle : { $keys }.
team-invitations = Invitations
team-invitations-empty = Personne n’est invité en ce moment.
team-invite = Inviter quelqu’un
team-invite-lede = La personne reçoit un e-mail avec un lien. Il est valable 7 jours et pour cette adresse seulement.
team-invite-send = Envoyer l’invitation
team-invited = Invitation envoyée { $time }
team-invite-expired = Expirée
team-resend = Renvoyer
team-resend-of = Renvoyer l’invitation à { $email }
team-revoke = Retirer
team-revoke-of = Retirer l’invitation envoyée à { $email }
team-roles = Ce que permettent les rôles
role-owner = Propriétaire
role-owner-about = Tout, y compris l’espace de travail lui-même.
role-admin = Administrateur
role-admin-about = Tout sauf l’espace de travail lui-même : locataires, réglages, clés et membres.
role-developer = Développeur
role-developer-about = Construit : locataires, réglages et clés. Ne supprime pas de locataire et ne gère pas les membres.
role-support = Assistance
role-support-about = Aide les utilisateurs et peut agir à leur place. Ne change pas la configuration.
role-viewer = Lecteur
role-viewer-about = Voit tout, ne change rien.
role-auditor = Auditeur
role-auditor-about = Lit seulement le journal et les preuves.
role-privacy = Confidentialité
role-privacy-about = Répond aux demandes des personnes concernées et gère les incidents.
owner-title = Devenir propriétaire
owner-lede = Vous êtes connecté en tant que { $email }. En tant que propriétaire de { $workspace }, vous pouvez tout y faire et inviter d’autres personnes.
invitation-title = Rejoindre { $workspace }
invitation-lede = { $inviter } vous invite comme { $role }. Vous êtes connecté en tant que { $email }.
invitation-accept = Rejoindre
invitation-accept-of = Rejoindre { $workspace } comme { $role }
invitation-later = Pas maintenant
no-workspace-title = Pas encore d’espace de travail
no-workspace-lede = Vous êtes connecté en tant que { $email }, mais vous n’êtes membre d’aucun espace de travail. Demandez à un membre d’inviter cette adresse.
no-owner-title = Cette instance n’a pas encore de propriétaire
no-owner-lede = Vous êtes connecté en tant que { $email }. L’exploitant de cette instance en devient propriétaire avec le lien affiché à son démarrage ; « kiavi console first-owner » en affiche un autre.
no-workspace-invited = Vous êtes invité
link-gone-title = Ce lien ne fonctionne plus
link-gone-invitation = Il a expiré, a été utilisé ou retiré, ou un plus récent a été envoyé. Demandez une nouvelle invitation.
link-gone-owner = Il a expiré ou a déjà été utilisé. L’exploitant de cette instance en obtient un nouveau avec « kiavi console first-owner ».
owner-exists-title = Il y a déjà un propriétaire
owner-exists-lede = Ce lien était destiné au premier propriétaire. Demandez une invitation au propriétaire.
wrong-address-title = Cette invitation est pour une autre adresse
wrong-address-lede = Elle a été envoyée à { $invited }, et vous êtes connecté en tant que { $email }. Connectez-vous avec l’adresse à laquelle elle a été envoyée.
wrong-address-switch = Se connecter avec une autre adresse
unverified-title = Confirmez d’abord votre adresse
unverified-lede = Rien ne montre encore que { $email } est à vous. Connectez-vous une fois avec un code par e-mail, puis rouvrez le lien.
entry-failed-title = La connexion n’a pas abouti
entry-failed-lede = Elle a pris trop de temps, a déjà servi ou a commencé dans un autre navigateur. Recommencez ici.
prove-title = Confirmez que c’est bien vous
prove-lede = Vous êtes connecté en tant que { $email }. Utilisez votre clé d’accès pour continuer : un code ne suffit pas ici.
prove-confirm = Utiliser ma clé d’accès
prove-failed = Cela n’a pas fonctionné. Réessayez avec une clé d’accès de ce compte.
prove-none = Vous n’avez pas encore de clé d’accès. Créez-en une, et vous reviendrez ici.
prove-no-script = Votre navigateur n’exécute pas de scripts ici, une clé d’accès ne peut donc pas être utilisée. Utilisez un autre navigateur.

# La galerie d’une instance de développement
components-title = Composants
components-lede = Chaque page dans chaque état, avec des personnes inventées. Seul kiavi dev a cette page.
components-look = Apparence
components-look-ours = Kiavi
components-look-of = Locataire { $number }
components-mails = E-mails

# Boîte aux lettres
mailbox-title = Boîte aux lettres
mailbox-lede = Tous les e-mails de cette instance de développement arrivent ici. Aucun ne quitte cette machine.
mailbox-empty-title = Aucun e-mail
mailbox-empty-lede = Demandez un code de connexion et il apparaît ici tout seul.
mailbox-to = À { $email }
mailbox-copy-code = Copier le code { $code }
mailbox-count = { $count ->
    [one] { $count } e-mail
   *[other] { $count } e-mails
  }

# Temps
time-now = à l’instant
time-today = aujourd’hui
time-yesterday = hier
time-minutes-ago = { $minutes ->
    [one] il y a { $minutes } minute
   *[other] il y a { $minutes } minutes
  }
time-hours-ago = { $hours ->
    [one] il y a { $hours } heure
   *[other] il y a { $hours } heures
  }
time-days-ago = { $days ->
    [one] il y a { $days } jour
   *[other] il y a { $days } jours
  }
wait-over = Vous pouvez réessayer maintenant.
time-left-seconds = { $seconds ->
    [one] { $seconds } seconde
   *[other] { $seconds } secondes
  }
time-left-minutes = { $minutes ->
    [one] { $minutes } minute
   *[other] { $minutes } minutes
  }
time-left-hours = { $hours ->
    [one] { $hours } heure
   *[other] { $hours } heures
  }
time-left-days = { $days ->
    [one] { $days } jour
   *[other] { $days } jours
  }
time-on-date = le { $day } { $monthName } { $year }
time-month = { $month ->
    [1] janvier
    [2] février
    [3] mars
    [4] avril
    [5] mai
    [6] juin
    [7] juillet
    [8] août
    [9] septembre
    [10] octobre
    [11] novembre
   *[12] décembre
  }

# Messages : ce qui s’est passé, puis que faire
notice-code-wrong = Ce code n’est pas le bon. Regardez l’e-mail le plus récent et réessayez.
notice-code-expired = Ce code a expiré. Demandez-en un nouveau.
notice-code-tries = Trop de codes erronés. Demandez un nouveau code et utilisez celui-là.
notice-code-other-browser = Ce code appartient au navigateur qui l’a demandé. Demandez-en un nouveau ici.
notice-code-sent = Nous vous avons envoyé un nouveau code. L’ancien n’est plus valable.
notice-link-expired = Ce lien a expiré ou a déjà servi. Demandez-en un nouveau.
notice-deletion-mail-sent = Nous vous avons envoyé un e-mail. Ouvrez son lien dans ce navigateur pour supprimer votre compte.
notice-email-invalid = Saisissez une adresse e-mail comme vous@example.com.
notice-passkey-cancelled = La clé d’accès ne fonctionne pas ? Utilisez plutôt un code par e-mail.
notice-passkey-unknown = Cette clé d’accès a été supprimée de votre compte. Utilisez un code par e-mail, puis créez-en une nouvelle.
notice-passkey-unsupported = Ce navigateur ne prend pas en charge les clés d’accès. Utilisez un code par e-mail.
notice-passkey-exists = Cet appareil a déjà une clé d’accès pour votre compte.
notice-passkey-verification = Votre appareil n’a pas confirmé que c’est vous. Configurez un verrouillage de l’écran ou un code PIN, puis réessayez.
notice-passkey-wrong-domain = Les clés d’accès ne fonctionnent pas à cette adresse. Ouvrez la page de connexion habituelle.
notice-passkey-timeout = Cela a pris trop de temps. Réessayez.
notice-passkey-failed = La clé d’accès n’a pas pu être vérifiée. Réessayez ou utilisez un code par e-mail.
notice-passkey-create-cancelled = Aucune clé d’accès n’a été créée. Vous pouvez réessayer ou le faire plus tard.
notice-passkey-created = Votre clé d’accès est prête. Utilisez-la à votre prochaine connexion.
notice-passkey-renamed = La clé d’accès a son nouveau nom.
notice-passkey-removed = La clé d’accès a été supprimée.
notice-passkey-gone = Cette clé d’accès était déjà supprimée.
notice-passkey-last = C’est votre seul moyen de vous connecter. Confirmez d’abord votre adresse e-mail.
notice-passkey-held = Vous vous êtes connecté par e-mail, donc les clés d’accès d’avant restent un moment. Connectez-vous avec l’une d’elles, ou attendez.
notice-email-same = Vous avez déjà cette adresse.
notice-email-taken = Quelqu’un a un compte avec cette adresse. Utilisez-en une autre.
notice-email-changed = Votre adresse e-mail a été changée.
notice-profile-saved = Votre profil a été enregistré.
notice-name-invalid = Saisissez un nom de 100 caractères au plus.
notice-session-revoked = L’appareil a été déconnecté.
notice-sessions-revoked = Tous les autres appareils ont été déconnectés.
notice-session-ended = Vous avez été déconnecté. Reconnectez-vous pour continuer.
notice-sign-in-again = Par sécurité, reconnectez-vous pour modifier cela.
notice-flow-expired = Cela a pris trop de temps. Recommencez.
notice-rate-limited = Trop d’essais. Réessayez dans { $time }.
notice-too-many = Trop d’essais. Attendez un instant, puis réessayez.
notice-suspended = Ce compte est suspendu. Contactez l’assistance.
notice-passkey-required = Ce compte a une clé d’accès : un code ou un lien ne connecte plus. Utilisez votre clé d’accès.
notice-sign-up-closed = Il n’est pas possible de créer un compte ici. Demandez une invitation.
notice-provider-denied = L’autre service n’a pas autorisé la connexion. Réessayez ou utilisez un code.
notice-provider-unverified = L’autre service n’a pas confirmé votre adresse e-mail. Utilisez plutôt un code.
notice-provider-failed = L’autre service n’a pas répondu comme prévu. Réessayez ou utilisez un code.
notice-account-conflict = Vous avez déjà un compte. Confirmez avec une clé d’accès ou un code.
notice-account-linked = L’association est faite. Vous pouvez désormais vous connecter avec ce service.
notice-account-unlinked = Le service a été dissocié.
notice-account-gone = Ce compte était déjà dissocié.
notice-account-last = C’est votre seul moyen de vous connecter. Créez d’abord une clé d’accès ou connectez-vous une fois avec un code reçu par e-mail.
notice-account-other-email = Ce compte a une autre adresse e-mail que le vôtre ici ; il n’a donc pas été associé.
notice-account-taken = Ce compte est associé ici à une autre personne.
notice-account-unable = L’association n’a pas abouti : l’autre service n’a pas confirmé votre adresse e-mail, ou vous avez été déconnecté entre-temps. Réessayez.
notice-connect-other = Vous vous êtes connecté à un autre compte ; rien n’a donc été associé. Recommencez pour l’associer ici.
notice-connect-expired = Vous êtes connecté, mais l’association a pris trop de temps. Faites-la depuis la page de votre compte.
notice-connect-needs-code = Utilisez un code reçu par e-mail pour l’associer : votre adresse n’a jamais été confirmée ici.
notice-not-while-acting = Vous agissez en tant qu’une autre personne. Elle seule peut changer cela.
notice-acting-stopped = Vous agissez de nouveau en votre nom.
notice-acting-link = Ce lien a servi ou date de plus d’une minute. Recommencez dans la console.
notice-acting-refused = Personne ne peut agir en tant que cette personne pour l’instant. Consultez sa page dans la console.
notice-member-invited = L’invitation est en route.
notice-member-exists = Cette personne est déjà membre.
notice-member-role-changed = Le rôle a été changé.
notice-member-removed = Le membre a été retiré.
notice-member-role-keys = Le rôle a été changé. Les clés de gestion de cette personne ont désormais moins de droits.
notice-member-removed-keys = Le membre a été retiré, et les clés de gestion qu’il connaissait ont été révoquées.
notice-member-owner-last = Un espace de travail a besoin d’un propriétaire. Nommez d’abord quelqu’un d’autre.
notice-member-role-above = Vous ne pouvez ni donner ni retirer un rôle qui permet plus que le vôtre.
notice-member-forbidden = Votre rôle ne le permet pas.
notice-invitation-resent = L’invitation a été renvoyée. L’ancien lien ne fonctionne plus.
notice-invitation-revoked = L’invitation a été retirée.
notice-invitation-exists = Cette adresse est déjà invitée. Renvoyez plutôt cette invitation.
notice-invitation-paused = Cette invitation vient d’être envoyée. Attendez cinq minutes avant de la renvoyer.
notice-invitation-gone = Cette invitation a entre-temps reçu une réponse ou été retirée.
notice-workspace-renamed = L’espace de travail a son nouveau nom.
notice-workspace-exists = Il existe déjà un espace de travail de ce nom. Choisissez-en un autre.
notice-workspace-name = Saisissez un nom de 100 caractères au plus et, pour les adresses, des minuscules, des chiffres et des traits d’union intérieurs.
notice-domain-added = Le domaine a été ajouté. Placez maintenant son enregistrement.
notice-domain-proved = L’enregistrement est là. Le domaine est en service.
notice-domain-absent = L’enregistrement n’est pas encore là. Cela peut prendre quelques minutes.
notice-domain-different = Il y a un enregistrement, mais il dit autre chose. Comparez la valeur.
notice-domain-unanswered = Aucun serveur de noms n’a répondu. Réessayez.
notice-domain-taken = Ce domaine, ou un autre au-dessus ou au-dessous, est déjà en service.
notice-domain-invalid = Saisissez un de vos domaines, comme auth.example.com.
notice-certificate-asked = Un certificat est demandé. Cela prend quelques secondes ou quelques minutes.
notice-certificate-limit = Des certificats de ce locataire viennent d’être demandés de nombreuses fois. Un nouvel essai a lieu de lui-même ; redemandez dans quelques minutes.
notice-domain-limit = Ce locataire a autant de domaines qu’il peut. Retirez-en un d’abord.
notice-domain-removed = Le domaine a été retiré.
notice-domain-primary = Le nom principal ne peut pas être retiré.
notice-domain-gone = Ce domaine a été retiré entre-temps.
notice-backup-no-place = Cette instance n’a pas encore de lieu pour les archives. Son exploitant doit en nommer un.
notice-backup-gone = Cette sauvegarde n’est plus conservée.
notice-backup-under-way = Quelque chose est déjà en cours. Cette page dit où cela en est.
notice-backup-too-many = Cela a été demandé autant de fois qu’il est possible en un jour. Réessayez demain.
notice-step-up-done = Merci. Vous pouvez le faire pendant les cinq prochaines minutes.
notice-user-role-changed = Le rôle de cette personne a été changé.
notice-user-role-empty = Un utilisateur a au moins un rôle.
notice-user-banned = La personne est suspendue et déconnectée partout.
notice-user-unbanned = La personne peut de nouveau se connecter.
notice-user-session-ended = Cette session est terminée.
notice-user-sessions-ended = La personne est déconnectée partout.
notice-user-created = La personne a été ajoutée.
notice-user-exists = Quelqu’un a déjà cette adresse.
notice-user-passkey-removed = La personne ne peut plus se connecter avec cette clé d’accès.
notice-user-passkey-gone = Cette clé d’accès de la personne était déjà supprimée.
notice-user-key-off = Les programmes qui utilisent cette clé sont refusés dès maintenant.
notice-user-key-on = Les programmes peuvent de nouveau utiliser cette clé.
notice-user-key-gone = La personne n’a plus cette clé.
notice-user-removed = L’utilisateur a été supprimé.
notice-user-gone = Cet utilisateur n’existe plus.
notice-user-refused = Le locataire a refusé cette action. Rechargez la page et réessayez.
notice-user-act-reason = Dites pourquoi, en 3 à 200 caractères.
notice-user-act-admin = Personne n’agit en tant qu’administrateur de l’application.
notice-user-act-banned = Personne n’agit en tant que personne suspendue.
notice-user-act-off = Agir en tant qu’une autre personne est désactivé dans les réglages de ce locataire.
notice-settings-saved = Enregistré. Le locataire l’applique en une seconde.
notice-settings-meanwhile = Quelqu’un d’autre a modifié les réglages entre-temps. Consultez la dernière version ci-dessous et réessayez.
notice-provider-exists = Il y a déjà un service de ce nom. Modifiez celui-là.
notice-provider-gone = Ce service n’existe plus.
notice-provider-removed = Le service a été retiré.
notice-mail-retried = L’envoi est retenté maintenant.
notice-mail-not-waiting = Cet e-mail n’attend plus.
notice-mail-lifted = Cette adresse reçoit de nouveau des e-mails.
notice-mail-not-suppressed = Cette adresse n’était pas sur la liste : elle reçoit des e-mails.
notice-isolation-tried = L’isolation a été essayée ; voici ce qui a été trouvé.
notice-isolation-busy = Elle est en train d’être essayée. Revenez dans quelques secondes.
notice-isolation-often = Elle a été essayée autant de fois que possible en une heure. Réessayez plus tard.
notice-isolation-resting = Le locataire ne tourne pas : il n’y a rien à essayer.
notice-unlocked = L’accès est rétabli.
notice-not-locked = Aucune limite ne bloque ici.
notice-network-kept-out = Le réseau est bloqué. Vous le trouvez dans la liste ci-dessous.
notice-unlock-who = Ce n’est ni une adresse e-mail ni une adresse IP.
notice-tenant-name = Un nom a au plus 63 lettres minuscules a à z, chiffres et traits d’union intérieurs, par exemple shop.
notice-tenant-name-reserved = Ce nom est réservé. Choisissez-en un autre.
notice-tenant-name-taken = Un locataire porte ou portait ce nom. Choisissez-en un autre.
notice-key-revoked = La clé a été révoquée. Elle n’ouvre plus rien.
notice-key-gone = Cette clé n’est plus active.
notice-key-name = Donnez à la clé un nom d’au plus 100 caractères.
notice-key-scopes = Choisissez ce que la clé peut faire, et rien que vous ne puissiez faire.
notice-webhook-saved = Enregistré. Ce qui se passe désormais est envoyé ainsi.
notice-webhook-removed = Le point de réception a été retiré.
notice-webhook-exists = Il y a déjà un point de réception de ce nom. Choisissez un autre nom.
notice-webhook-gone = Ce point de réception n’existe plus.
notice-webhook-enabled = Ce qui attend est envoyé maintenant.
notice-webhook-replayed = Il est renvoyé. Rechargez la page dans un instant pour voir ce qu’il en est.
notice-webhook-not-replayed = Impossible de l’envoyer maintenant : le point de réception ne reçoit rien, ou l’événement est déjà en route.
notice-view-saved = La vue est enregistrée.
notice-view-renamed = La vue a son nouveau nom.
notice-view-deleted = La vue est supprimée.
notice-view-name = Donnez à la vue un nom de 60 caractères au plus.
notice-view-exists = Vous avez déjà une vue de ce nom.
notice-view-limit = Vous avez autant de vues de ce locataire que possible. Supprimez-en une d’abord.
notice-view-gone = Cette vue n’existe plus.
notice-engine-away = Le locataire ne répond pas pour le moment. Réessayez dans quelques secondes.
notice-cookies-blocked = Votre navigateur bloque les cookies. Autorisez-les pour cette page, puis réessayez.
notice-offline = Vous êtes hors ligne. Vérifiez votre connexion, puis réessayez.
notice-wrong-origin = Ce formulaire venait d’une autre page. Veuillez le remplir à nouveau ici.
notice-captcha-failed = La vérification contre le spam n’a pas fonctionné. Réessayez.
notice-network-blocked = Votre réseau est bloqué ici. Essayez depuis un autre, ou demandez à l’exploitant de ce site.
notice-maintenance = Nous effectuons une maintenance. Veuillez réessayer dans quelques minutes.
notice-unexpected = Un problème est survenu. Réessayez.

# E-mail
mail-code-subject = { $code } est votre code pour { $app }
mail-code-verify-subject = { $code } confirme votre adresse e-mail pour { $app }
mail-code-title = Votre code de connexion
mail-code-verify-title = Confirmez votre adresse e-mail
mail-code-lede = Saisissez ce code pour vous connecter à { $app } :
mail-code-verify-lede = Saisissez ce code dans { $app } pour confirmer que cette adresse est la vôtre :
mail-code-valid = { $minutes ->
    [one] Il est valable { $minutes } minute, une seule fois.
   *[other] Il est valable { $minutes } minutes, une seule fois.
  }
mail-code-warning = Ne donnez jamais ce code à personne. Notre équipe ne le demande jamais.
mail-code-ignore = Vous n’avez rien demandé ? Alors vous n’avez rien à faire : sans le code, personne ne peut se connecter.
mail-link-subject = Connexion à { $app }
mail-link-title = Votre lien de connexion
mail-link-lede = Ouvrez ce lien pour vous connecter à { $app } :
mail-link-valid-hours = { $hours ->
    [one] Il est valable { $hours } heure et ne sert qu’une fois.
   *[other] Il est valable { $hours } heures et ne sert qu’une fois.
  }
mail-link-ignore = Ne transférez pas cet e-mail : quiconque ouvre le lien se connecte à votre place. Vous ne l’avez pas demandé ? Alors vous n’avez rien à faire.
mail-invitation-subject = { $inviter } vous invite à rejoindre { $workspace }
mail-invitation-title = Vous êtes invité
mail-invitation-lede = { $inviter } vous invite à travailler dans { $workspace } sur { $app }. Ouvrir le lien ne fait encore rien ; vous décidez sur sa page.
mail-invitation-button = Voir l’invitation
mail-invitation-ignore = Elle est pour cette adresse seulement. Vous ne l’attendiez pas ? Alors vous n’avez rien à faire.
mail-link-valid-days = { $days ->
    [one] Il est valable { $days } jour et une seule fois.
   *[other] Il est valable { $days } jours et une seule fois.
  }
mail-delete-subject = Confirmez la suppression de votre compte { $app }
mail-delete-lede = Ouvrez ce lien pour supprimer votre compte { $app }. Tout ce qu’il contient sera effacé pour toujours.
mail-delete-ignore = Vous ne l’avez pas demandé ? Alors quelqu’un d’autre est connecté à votre place : connectez-vous et déconnectez tous les autres appareils.
mail-changed-subject = Votre adresse e-mail pour { $app } a été modifiée
mail-changed-title = Votre adresse e-mail a été modifiée
mail-changed-lede = Vous vous connectez désormais à { $app } avec { $email }. Cette adresse-ci n’y fonctionne plus.
mail-changed-advice = Ce n’était pas vous ? Contactez l’assistance sans attendre.
mail-deleted-subject = Votre compte { $app } a été supprimé
mail-deleted-lede = Votre compte { $app } et tout ce qu’il contenait ont été effacés.
mail-deleted-advice = Vous ne l’avez pas demandé ? Contactez l’assistance sans attendre.
mail-account-linked-subject = Un compte { $provider } a été associé à votre compte { $app }
mail-account-linked-title = Un compte a été associé
mail-account-linked-lede = Un compte { $provider } permet désormais de se connecter à votre compte { $app }.
mail-account-linked-advice = Ce n’était pas vous ? Connectez-vous tout de suite, dissociez ce compte et déconnectez tous les autres appareils.
mail-account-unlinked-subject = Un compte { $provider } a été dissocié de votre compte { $app }
mail-account-unlinked-title = Un compte a été dissocié
mail-account-unlinked-lede = Un compte { $provider } ne permet plus de se connecter à votre compte { $app }.
mail-account-unlinked-advice = Ce n’était pas vous ? Connectez-vous tout de suite, vérifiez vos comptes associés et déconnectez tous les autres appareils.
mail-passkey-added-subject = Une clé d’accès a été ajoutée à votre compte { $app }
mail-passkey-added-title = Une clé d’accès a été ajoutée
mail-passkey-added-lede = Une nouvelle clé d’accès peut se connecter à votre compte { $app }.
mail-passkey-added-advice = Ce n’était pas vous ? Connectez-vous tout de suite, supprimez cette clé d’accès et déconnectez tous les autres appareils.
mail-passkey-removed-subject = Une clé d’accès a été supprimée de votre compte { $app }
mail-passkey-removed-title = Une clé d’accès a été supprimée
mail-passkey-removed-lede = Une clé d’accès ne peut plus se connecter à votre compte { $app }.
mail-passkey-removed-advice = Ce n’était pas vous ? Connectez-vous tout de suite, vérifiez vos clés d’accès et déconnectez tous les autres appareils.
mail-passkey-removed-support-lede = L’assistance a supprimé une clé d’accès de votre compte { $app }. Elle ne peut plus se connecter.
mail-recovery-subject = Quelqu’un s’est connecté à { $app } sans votre clé d’accès
mail-recovery-title = Une connexion sans votre clé d’accès
mail-recovery-lede = { $hours ->
    [one] Quelqu’un s’est connecté à votre compte { $app } par e-mail, alors qu’il a des clés d’accès. Pendant { $hours } heure, elles ne peuvent pas être supprimées.
   *[other] Quelqu’un s’est connecté à votre compte { $app } par e-mail, alors qu’il a des clés d’accès. Pendant { $hours } heures, elles ne peuvent pas être supprimées.
  }
mail-recovery-advice = Ce n’était pas vous ? Connectez-vous tout de suite avec votre clé d’accès, supprimez les clés d’accès inconnues, déconnectez tous les autres appareils et vérifiez votre messagerie.
mail-test-subject = E-mail de test de { $app }
mail-test-title = Les e-mails arrivent
mail-test-lede = Les e-mails de { $app } arrivent à cette adresse.
mail-test-advice = La personne qui gère { $app } essaie son serveur de messagerie. Vous n’avez rien à faire.
mail-when-device = Cela s’est passé { $date } à { $time } (UTC). Appareil : { $device }.
mail-when = Cela s’est passé { $date } à { $time } (UTC).

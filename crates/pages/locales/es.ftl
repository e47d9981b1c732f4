# Marco
skip-to-content = Ir al contenido
language = Idioma
secured-by = Protegido por Kiavi
foot-links = Condiciones y ayuda
foot-terms = Condiciones de uso
foot-privacy = Privacidad
foot-support = Ayuda
acting-label = En nombre de otra persona
acting-as = Está actuando como { $user } hasta las { $time } UTC, con la sesión de { $admin }.
acting-stop = Terminar
acting-title = Actuar como { $name }
acting-lede = Durante { $time } habrá iniciado sesión en { $app } como { $user }.
acting-reason = Motivo
acting-recorded = Lo que haga queda en el registro, con su nombre.
acting-own = Aquí ha iniciado sesión como { $user }. Esa sesión espera hasta que termine.
acting-begin = Empezar
acting-support = Alguien de { $app } ha iniciado sesión en su nombre
acting-support-until = Empezó { $ago }, termina a más tardar a las { $time } UTC
acting-support-end = Terminar
or = o
action-cancel = Cancelar
action-continue = Continuar
action-save = Guardar
action-copy = Copiar
action-copied = Copiado
action-search = Buscar
action-show-all = Mostrar todo
action-try-again = Reintentar
label-request-id = ID de la solicitud

# Iniciar sesión
sign-in-title = Iniciar sesión en { $app }
sign-in-lede = Con una llave de acceso o un código por correo. Sin contraseña.
email-label = Correo electrónico
email-placeholder = usted@example.com
passkey-sign-in = Usar una llave de acceso
returning-button = Continuar como { $email }
sign-in-new = ¿Es nuevo aquí? Escriba su correo y creamos su cuenta.
provider-continue = Continuar con { $provider }
captcha-working = Un momento: su navegador hace una pequeña tarea que evita el spam.
captcha-no-script = Para recibir un código aquí, su navegador debe ejecutar scripts. Actívelos y vuelva a cargar la página.

# Código
code-title = Revise su correo
code-lede = Hemos enviado un código a { $email }.
code-label = Código de acceso
code-hint = { $count ->
    [one] { $count } dígito, válido { $minutes } min. Escríbalo en este navegador.
   *[other] { $count } dígitos, válido { $minutes } min. Escríbalo en este navegador.
  }
code-change-email = Usar otro correo
code-resend = Enviar un código nuevo
code-resend-in = Código nuevo en { $time }
code-spam = ¿No llega nada? Mire en la carpeta de correo no deseado.
link-lede = Inicia sesión como { $email }.
link-confirm = Iniciar sesión
connect-title = Ya tiene una cuenta
connect-lede = Aquí hay una cuenta para { $email }, pero { $provider } aún no está vinculado a ella. Demuestre que la cuenta es suya y vinculamos ambas.
connect-code = Enviarme un código
connect-code-lede = Después vinculamos { $provider } a su cuenta.
connect-other-proof = Elegir otra forma
connect-confirm = Vincular { $provider }
connect-confirm-lede = Ha iniciado sesión como { $email }. Después también podrá entrar aquí con { $provider }.

# Oferta de una llave de acceso
offer-title = Inicie sesión más rápido la próxima vez
offer-lede = Con una llave de acceso entra con su huella, su rostro o el bloqueo de pantalla. Nada que recordar, nada que escribir.
offer-point-phishing = No se puede adivinar, reutilizar ni robar con un sitio falso.
offer-point-device = Su huella o su rostro nunca salen de su dispositivo.
offer-create = Crear una llave de acceso
offer-later = Ahora no
offer-no-script = Su navegador no ejecuta scripts aquí, así que no se puede crear una llave de acceso. Puede seguir sin ella.
offer-nearby-title = ¿Guardar también una llave de acceso en este dispositivo?
offer-nearby-lede = Ha usado una llave de acceso de otro dispositivo. Con una en este no necesitará otro la próxima vez.
offer-required-lede = Aquí se inicia sesión con una llave de acceso. Cree la suya ahora para continuar.
offer-required-no-script = Su navegador no ejecuta scripts aquí, así que no se puede crear una llave de acceso. Use otro navegador para continuar.

# Cuenta
account-title = Su cuenta
account-signed-in-as = Sesión iniciada como { $email }
account-sign-out = Cerrar sesión
profile-title = Perfil
profile-name = Nombre
profile-name-hint = Se muestra en las aplicaciones en las que inicia sesión.
passkeys-title = Llaves de acceso
passkeys-lede = Inicie sesión con huella, rostro o bloqueo de pantalla.
passkeys-held = Ha accedido por correo aunque tiene llaves de acceso. Las anteriores se podrán quitar en { $time }; acceder con una de ellas pone fin a esto.
passkeys-empty = Aún no tiene ninguna llave de acceso. Cree una para entrar sin código.
passkeys-add = Añadir una llave de acceso
passkey-default-name = Llave de acceso
passkey-created = Creada { $time }
passkey-used = Usada { $time }
passkey-synced = Sincronizada
passkey-bound = En un dispositivo
passkey-rename = Renombrar
passkey-rename-of = Renombrar { $name }
passkey-name-label = Nombre nuevo
passkey-remove = Eliminar
passkey-remove-of = Eliminar { $name }
passkey-remove-confirm = Ya no podrá iniciar sesión con ella.
passkey-remove-last = Es su única llave de acceso. Sin ella, entrará con un código por correo.
accounts-title = Cuentas vinculadas
accounts-lede = Otros servicios con los que puede iniciar sesión.
accounts-empty = Todavía no hay ningún otro servicio vinculado.
account-linked = Vinculado { $time }
account-unlink = Desvincular
account-unlink-of = Desvincular { $provider }
account-unlink-confirm = Ya no podrá iniciar sesión con él.
account-link = Vincular { $provider }
sessions-title = Dispositivos
sessions-lede = Dónde tiene la sesión iniciada ahora.
session-current = Este dispositivo
session-seen = Activo { $time }
session-since = Sesión iniciada { $time }
session-revoke = Cerrar sesión
session-revoke-of = Cerrar sesión en { $device }
sessions-revoke-others = Cerrar sesión en los demás dispositivos
sessions-revoke-others-confirm = { $count ->
    [one] ¿Cerrar sesión en { $count } dispositivo más? Este sigue con la sesión iniciada.
   *[other] ¿Cerrar sesión en { $count } dispositivos más? Este sigue con la sesión iniciada.
  }
device-on = { $browser } en { $system }
device-unknown = Dispositivo desconocido

# Delete account
email-change-open = Cambiar
email-title = Cambiar su correo electrónico
email-lede = Usted entra con { $email }. Enviamos un código a la nueva dirección para asegurarnos de que es suya.
email-new-label = Nuevo correo electrónico
email-send = Enviar un código
email-code-lede = Hemos enviado un código a { $email }. Escríbalo para trasladar su cuenta allí.
email-code-label = Código
email-keep = Conservar mi dirección
export-title = Sus datos
export-lede = Lo que se guarda aquí sobre usted, en un archivo para leer o llevarse: su perfil, sus llaves de acceso y cuentas vinculadas, sus dispositivos y lo que el registro dice de usted.
export-button = Descargar mis datos
account-delete-title = Eliminar la cuenta
account-delete-lede = Borra su cuenta y todo lo que contiene.
account-delete-open = Eliminar mi cuenta…
delete-title = ¿Eliminar su cuenta?
delete-lede = { $email }: su perfil, sus llaves de acceso y todas sus sesiones se borrarán para siempre. No se puede deshacer.
delete-mail-lede = Primero le enviamos un correo con un enlace para confirmarlo.
delete-send = Enviar el correo
delete-confirm = Eliminar mi cuenta
delete-keep = Conservar mi cuenta
deleted-title = Su cuenta está eliminada
deleted-lede = Se borró todo lo que contenía. Se ha cerrado su sesión en todos los dispositivos.

# Cerrar sesión
sign-out-title = ¿Cerrar sesión?
sign-out-lede = Tiene la sesión iniciada como { $email }.
sign-out-confirm = Cerrar sesión
sign-out-stay = Seguir conectado
signed-out-title = Ha cerrado la sesión
signed-out-lede = Puede cerrar esta ventana.
signed-out-again = Volver a iniciar sesión

# Cuando algo falla
error-title = Algo ha salido mal
error-lede = El fallo es nuestro. Inténtelo de nuevo; si continúa, dé el ID de la solicitud al servicio de ayuda.
refused-title = No ha funcionado
leaving-title = Un momento
leaving-lede = Ha iniciado sesión. Ahora le llevamos de vuelta.
leaving-for-provider = Le llevamos a { $provider } para iniciar sesión.
not-found-title = Página no encontrada
not-found-lede = Esta dirección no lleva a ningún sitio. Compruébela o empiece de nuevo.
not-found-home = Ir a la página de inicio
starting-title = Un momento
starting-lede = Nos estamos preparando. Esta página sigue sola.
suspended-title = El acceso está desactivado por ahora
suspended-lede = Quienes gestionan esta aplicación la han pausado. No se ha perdido nada suyo y no tiene que hacer nada. Vuelva más tarde o pregúnteles.
unknown-host-title = No hay ningún sitio en esta dirección
unknown-host-lede = Compruebe si la dirección tiene un error. Si siguió un enlace, avise a quien se lo dio.
no-host-title = Esta solicitud no se puede leer
no-host-lede = No nombra exactamente un sitio.

# Consola
console-title = Inquilinos
console-lede = Cada inquilino tiene su propio proceso, base de datos y clave.
console-column-name = Nombre
console-column-address = Dirección
console-column-state = Estado
console-column-created = Creado
console-empty-title = Aún no hay inquilinos
console-empty-lede = El inicio de sesión de su primera aplicación está a un segundo.
console-create-title = Crear un inquilino
console-create-lede = Ejecute esto en una terminal. El nuevo inquilino aparece aquí solo.
console-count = { $count ->
    [one] { $count } inquilino
   *[other] { $count } inquilinos
  }
state-creating = Creándose
state-running = En marcha
state-idle = En reposo
state-suspended = Suspendido
state-quarantined = Detenido por seguridad
state-deleting = Eliminándose
state-deleted = Eliminado
state-failed = Con error
live-on = En directo
live-off = Reconectando…

# A tenant in the console
page-nav = Páginas
page-range = { $first }–{ $last } de { $total }
page-range-more = { $first }–{ $last } de más de { $total }
page-previous = Anterior
page-next = Siguiente
tenant-nav = Inquilino { $name }
tenant-switch = Cambiar de inquilino
tenant-overview = Resumen
tenant-created = Creado { $time }
tenant-open = Abrir la página de inicio de sesión
tenant-figures-all = Todas las cifras y cómo se cuentan
tenant-connect = Úselo desde su aplicación
tenant-connect-lede = El cliente oficial de Better Auth funciona tal cual. Esta dirección es todo lo que necesita saber.
tenant-recent = Últimos eventos
tenant-recent-all = Ver todo en el registro de auditoría
tenant-away-title = Nada que leer mientras no esté en marcha
tenant-away-lede = Solo el proceso del propio inquilino puede leer sus datos. Reactívelo para ver esta página.
users-title = Usuarios
users-new = Añadir persona
users-new-lede = No recibe ningún correo. Inicia sesión con esta dirección, como si hubiera venido por su cuenta.
users-new-name-hint = Opcional. La persona puede cambiarlo.
users-search = Buscar personas
users-by = En
users-state = Estado
users-all = Todos
users-active = Activo
users-suspended = Suspendido
users-empty-title = Nadie ha iniciado sesión todavía
users-empty-lede = Quien inicia sesión por primera vez aparece aquí.
users-none-title = No se encontró a nadie
users-none-lede = Nadie coincide con la búsqueda.
user-id = Identificador
user-unverified = Dirección sin confirmar
user-passkeys-empty = Todavía sin llave de acceso.
user-passkey-remove-confirm = Ya no podrá iniciar sesión con ella. En su dispositivo permanece hasta que se elimine también allí.
user-sessions-empty = Sin ninguna sesión abierta ahora mismo.
user-key-off = Desactivar
user-key-off-of = Desactivar { $name }
user-key-on = Activar
user-key-on-of = Activar { $name }
user-key-is-off = Desactivada
user-privacy = Privacidad
user-copy = Una copia de sus datos
user-copy-lede = Lo que la persona puede descargar por sí misma: perfil, llaves de acceso, cuentas vinculadas, dispositivos, claves de API y lo que el registro dice de ella. Para quien se la pida.
user-copy-get = Descargar
user-activity = Actividad
user-measures = Medidas
user-role-lede = Lo que su aplicación permite a esta persona. Los administradores gestionan sus usuarios.
user-role-hint = Varios, separados por comas.
user-sign-out = Cerrar todas las sesiones
user-sign-out-lede = Termina todas las sesiones. Puede volver a iniciar sesión.
user-suspend = Suspender
user-suspend-of = Suspender a { $name }
user-suspend-lede = Termina todas las sesiones e impide iniciar otras.
user-suspend-for = Durante cuánto tiempo
user-suspend-reason = Motivo
user-suspend-reason-hint = Opcional. También consta en el registro de auditoría.
user-suspended-always = Hasta que se levante
user-suspended-until = Hasta las { $time } UTC, { $date }
user-restore = Levantar la suspensión
user-restore-lede = Puede volver a iniciar sesión de inmediato.
user-act = Actuar como esta persona
user-act-lede = Inicia una sesión breve en la aplicación como esta persona, para ver lo que ve.
user-act-about = Llegará a las páginas de inicio de sesión de { $tenant }, confirmará allí y terminará cuando acabe. Lo que solo puede hacer la persona sigue cerrado: llaves de acceso, su dirección, cuentas vinculadas, sesiones, una copia de sus datos, la eliminación de su cuenta.
user-act-reason-hint = De 3 a 200 caracteres. El motivo queda en el registro del inquilino, y la persona puede leerlo allí.
user-act-for = Como máximo
user-act-go = Continuar
user-delete = Eliminar usuario
user-delete-of = Eliminar a { $name }
user-delete-lede = Elimina la cuenta con todo su contenido. El registro ya no dirá quién era.
user-delete-confirm = Esta acción no se puede deshacer.
users-method = Inicia sesión con
users-method-all = Cualquiera
users-method-passkey = Llave de acceso
users-method-account = Cuenta vinculada
users-method-code = Solo códigos
users-created-from = Llegaron desde
users-created-to = Llegaron hasta
users-seen-from = Vistos desde
users-seen-to = Vistos hasta
users-more-filters = Más filtros
users-passkeys = { $count ->
    [one] 1 llave de acceso
   *[other] { $count } llaves de acceso
  }
users-seen = Visto { $when }
users-came = Llegó { $when }
users-select = Seleccionar { $name }
users-select-all = Seleccionar todo en esta página
users-selected = Con la selección
users-export = Exportar como CSV
users-export-found = Exportar todo lo encontrado
selection-none-title = No hay nadie seleccionado
selection-none-lede = Seleccione primero personas en la lista.
selection-suspend = { $count ->
    [one] Suspender a 1 persona
   *[other] Suspender a { $count } personas
  }
selection-restore = { $count ->
    [one] Levantar la suspensión de 1 persona
   *[other] Levantar la suspensión de { $count } personas
  }
selection-sign-out = { $count ->
    [one] Cerrar todas las sesiones de 1 persona
   *[other] Cerrar todas las sesiones de { $count } personas
  }
selection-delete = { $count ->
    [one] Eliminar a 1 persona
   *[other] Eliminar a { $count } personas
  }
selection-export = { $count ->
    [one] Exportar a 1 persona
   *[other] Exportar a { $count } personas
  }
selection-export-more = Exportar a más de { $count } personas
selection-export-lede = Una tabla con dirección, nombre, estado, cuándo llegaron y se les vio por última vez, y cómo inician sesión. En el registro de auditoría consta que usted la descargó.
selection-download = Descargar
selection-people = De quién se trata
selection-gone = { $count ->
    [one] 1 de las personas seleccionadas ya no existe.
   *[other] { $count } de las personas seleccionadas ya no existen.
  }
selection-too-many = Como máximo { $count } personas a la vez. Las demás se dejan fuera.
selection-done = { $count ->
    [one] Hecho para 1 persona.
   *[other] Hecho para { $count } personas.
  }
selection-not-done = { $count ->
    [one] No hecho para 1 persona
   *[other] No hecho para { $count } personas
  }
selection-why-gone = Ya no existe
selection-why-not-suspended = No estaba suspendida
selection-why-no-sessions = No tenía sesiones abiertas
selection-why-failed = Ha fallado; inténtelo otra vez
selection-back = Volver a los usuarios
events-title = Registro de auditoría
events-lede = Quién hizo qué, cuándo y con qué resultado. Nadie puede cambiarlo sin que se note.
events-what = Evento
events-actor = Por
events-subject = Sobre
events-ip = Dirección IP
events-country = País
events-network = Red
events-time = Hora
events-outcome = Resultado
events-period = Periodo
events-fault = No se puede buscar esto: { $fault }
events-wrong = No se puede buscar esto.
events-wrong-type = No existe ese evento. Un grupo se escribe session.*
events-wrong-email = No es una dirección de correo electrónico.
events-wrong-from = No es un día.
events-wrong-to = No es un día, o es anterior al primero.
events-wrong-ip = No es una dirección IP.
events-wrong-country = Un país tiene dos letras, como FR.
events-wrong-network = Una red tiene un número, como AS3215.
events-wrong-device = Esa palabra no designa ningún dispositivo. Elija una de la lista.
events-wrong-actor = Se espera una dirección de correo electrónico o un nombre tal como figura en el registro, como auditor.
events-wrong-request = No es un id. de petición. La página de un evento indica uno.
events-request = Id. de petición
events-days = Los días son los de { $zone }.
events-empty = Todavía no ha ocurrido nada
events-empty-lede = Cada inicio de sesión y cada cambio aparece aquí por sí solo.
events-none-title = No se encontró nada
events-none-lede = Ningún evento coincide con la búsqueda.
events-times = Los más recientes primero.
events-newest = Más recientes
events-older = Más antiguos
events-export = Exportar
events-export-lede = Todo lo que corresponde a esta búsqueda, como máximo los { $most } eventos más recientes. En el registro de auditoría consta que usted lo exportó.
events-export-ndjson = Exportar como NDJSON con pruebas
events-export-proof = Cada línea del NDJSON tiene la prueba de que su evento está en el registro. Este comando las verifica todas, sin este servidor.
events-export-verify = Comando que verifica las pruebas
events-export-whole = Este comando exporta todo el registro, sin ese límite.
events-export-bundle = Comando que exporta todo el registro
views-title = Vistas guardadas
views-save = Guardar esta vista
views-name = Nombre
views-hint = Solo usted la ve.
views-left-out = No se guardan direcciones, direcciones IP ni nombres de personas.
views-manage = Gestionar las vistas
views-full = Tiene { $count } vistas de este inquilino, el máximo. Elimine una para guardar otra.
views-name-of = Nombre de { $name }
views-rename = Cambiar el nombre
views-rename-one = Cambiar el nombre de { $name }
views-delete = Eliminar
views-delete-one = Eliminar { $name }
outcome-any = Cualquiera
outcome-success = Hecho
outcome-failure = Rechazado
period-hour = Última hora
period-day = Últimas 24 horas
period-week = Últimos 7 días
period-month = Últimos 30 días
period-all = Todo
event-about = Qué ocurrió
event-method = Acreditado con
event-device = Dispositivo
event-request = Petición
event-id = Identificador del evento
event-erased = Alguien de este evento fue eliminado. Nadie puede leer ya sus datos personales; el evento y su prueba siguen como estaban.
event-share = Compartir
event-share-lede = Quien pueda leer este registro abre el enlace; el comando pregunta con una clave de gestión.
event-link = Enlace a este evento
event-copy-link = Copiar el enlace
event-curl = Comando para este evento
event-copy-curl = Copiar como curl
event-proof = Prueba
event-proof-lede = Un árbol de Merkle sobre todos los eventos, firmado cada pocos segundos, demuestra que este está en el registro y sin cambios.
event-sealed = Sellado y sin cambios
event-waiting = Todavía sin sellar
event-waiting-lede = Se sellará en unos segundos. Vuelva a cargar esta página.
event-uncosigned = Sellado, todavía sin refrendar
event-uncosigned-lede = El testigo de este registro firmará en unos segundos que solo ha crecido. Vuelva a cargar esta página.
event-broken = La prueba no se sostiene: este registro fue alterado. Ejecute la orden de abajo y avise a quien opera esta instancia.
event-unknown = La prueba no se puede leer ahora mismo. Vuelva a cargar esta página.
event-leaf = Número en el registro
event-size = Eventos en el árbol
event-path = Hashes del camino
event-root = Raíz
event-download = Descargar la prueba
event-changes = Cambios
event-json = En JSON
look-title = Página de acceso
look-lede = El aspecto de las páginas donde las personas inician sesión. Lo que publica vale al instante; cada versión se puede recuperar.
look-name = Nombre de la aplicación
look-logo = Logotipo
look-logo-hint = PNG, JPEG o WebP de 8 KiB como máximo, de 16 a 1024 píxeles por lado.
look-logo-remove = Sin logotipo
look-logo-on-dark = Logotipo en páginas oscuras
look-logo-on-dark-hint = Sin él, el logotipo aparece allí sobre blanco.
look-accent = Color
look-accent-on-dark = Color en páginas oscuras
look-accent-none = El nuestro. Si falta, se obtiene del otro color.
look-contrast = Contraste { $ratio }:1
look-contrast-low = Contraste { $ratio }:1, demasiado bajo para leer. El más cercano que basta: { $color }
look-contrast-typed = Contraste { $ratio }:1, demasiado bajo para leer. Hace falta 4,5:1.
look-corners = Esquinas
look-corners-square = Rectas
look-corners-soft = Suaves
look-corners-round = Redondas
look-terms = Condiciones de uso (https)
look-privacy = Aviso de privacidad (https)
look-support = Ayuda (https o mailto)
look-default-locale = Idioma si nada más decide
look-languages = Idiomas que se pueden elegir
look-publish = Publicar
look-would-change = Publicar cambiaría esto:
look-versions = Versiones
look-preview = Vista previa
look-preview-show = Mostrar
look-preview-fault = Esto no se puede mostrar: { $fault }
look-scene = Qué mostrar
look-pages = Páginas
look-states = Mensajes
look-light = Claro
look-dark = Oscuro
look-desktop = Ordenador
look-phone = Teléfono
settings-title = Ajustes
settings-lede = Un solo documento para todo. Un cambio se aplica al instante y no corta ninguna conexión.
settings-document = Documento
settings-secrets = Los secretos se muestran como ***. Lo que quede como *** se conserva.
settings-comment = Por qué (opcional)
settings-check = Solo comprobar
settings-fault = No se guardó: { $fault }
settings-would-change = Guardar cambiaría esto:
settings-no-change = Guardar no cambiaría nada.
settings-before = Antes
settings-after = Después
settings-versions = Versiones
settings-current = Vigente
settings-back = Volver
settings-back-to = Volver a la versión { $version }
settings-back-lede = Su documento pasa a ser la versión más reciente, con los secretos de entonces. No se pierde nada intermedio.
settings-changes = { $count ->
    [one] { $count } cambio
   *[other] { $count } cambios
  }
users-count = { $count ->
    [one] { $count } persona
   *[other] { $count } personas
  }
users-count-more = Más de { $count } personas
user-days = { $days ->
    [one] { $days } día
   *[other] { $days } días
  }

# Figures of a tenant
figures-title = Cifras
figures-lede = A las { $time } UTC, { $date }. Contadas a partir del registro de auditoría; los días son los de { $zone }.
figures-now = La situación
figures-meaning = Qué significan estas cifras
figures-dau = Activos hoy
figures-dau-about = Personas que hoy han iniciado sesión o han usado una. Cada una cuenta una vez. Las claves de API y los administradores que actúan como otra persona no cuentan.
figures-wau = Activos en 7 días
figures-wau-about = Personas activas al menos uno de los 7 días hasta hoy inclusive.
figures-mau = Activos en 30 días
figures-mau-about = Personas activas al menos uno de los 30 días hasta hoy inclusive.
figures-stickiness = Fidelidad
figures-stickiness-about = Activos hoy divididos por los activos en 30 días.
figures-new = Nuevos hoy
figures-new-about = Cuentas creadas hoy. Las importadas no cuentan.
figures-users = Cuentas
figures-users-about = Cuentas que existen ahora.
figures-passkeys = Con llave de acceso
figures-passkeys-about = Inicios de sesión con llave de acceso divididos por todos los del periodo.
figures-refused = Rechazados
figures-refused-about = Inicios de sesión rechazados divididos por los logrados y rechazados del periodo.
figures-percent = { $share } %
figures-chart = Personas activas al día
figures-chart-about = Del { $first } al { $last }; { $most } como máximo.
figures-table = Mostrar como tabla
figures-day = Día
figures-active = Activos
figures-new-users = Nuevos
figures-sign-ins = Inicios de sesión por método
figures-sign-ins-about = Los del periodo que dieron una sesión.
figures-by-code = Código por correo
figures-by-link = Enlace por correo
figures-failures = Inicios de sesión rechazados por causa
figures-failures-about = Los del periodo, según el evento del registro de auditoría y su motivo. Lo que detuvo un límite o un captcha no cuenta.
figures-funnel = Qué pasa con las llaves de acceso
figures-funnel-about = En este periodo. Empezado quiere decir que una página pidió un desafío; las páginas con sugerencias lo hacen por sí solas. Quien cancela en su navegador solo ha empezado.
figures-funnel-sign-in = Iniciar sesión
figures-funnel-creation = Crear una
figures-offered = Ofrecido
figures-declined = Pospuesto
figures-started = Empezado
figures-completed = Logrado
figures-failed = Rechazado
figures-none = Nada en este periodo.
figures-away-title = Sin cifras por ahora
figures-away-lede = Solo el propio proceso del inquilino puede leer su registro, y ahora no responde. Vuelva a cargar esta página dentro de un rato.
figures-range = Periodo
figures-range-own = Periodo propio
figures-from = Desde
figures-to = Hasta
figures-by = Por
figures-week = Semana
figures-month = Mes
figures-show = Mostrar
figures-csv = Exportar como CSV
figures-chart-week = Personas activas a la semana
figures-chart-month = Personas activas al mes
figures-chart-open = La línea discontinua lleva a un periodo que aún no ha terminado.
figures-refused-range = Estas cifras no se pueden mostrar: { $why }.
figures-stack = Inicios de sesión al día, por método
figures-stack-week = Inicios de sesión a la semana, por método
figures-stack-month = Inicios de sesión al mes, por método
figures-stack-open = La última barra es de un periodo que aún no ha terminado.
figures-stack-total = Todos
figures-by-provider = Proveedor
figures-new-7 = Nuevos en 7 días
figures-new-7-about = Cuentas creadas en los 7 días hasta hoy inclusive. Las importadas no cuentan.
figures-more = { $count } más que { $before }
figures-fewer = { $count } menos que { $before }
figures-as-many = tantos como { $before }
figures-before-1 = el día anterior
figures-before-7 = en los 7 días anteriores
figures-before-30 = en los 30 días anteriores
figures-change = + y −
figures-change-about = Cuántos más o menos que en otros tantos días anteriores. Hoy aún no ha terminado, el día anterior sí. Sin signo, nadie lo sabe: esos días habían empezado antes del primer recuento.

# A new tenant, keys and webhooks in the console
console-terminal = En una terminal
tenant-new-lede = El inicio de sesión de una aplicación: con un proceso, una base de datos y una clave propios. Tarda alrededor de un segundo.
tenant-name = Nombre
tenant-name-hint = Minúsculas, cifras y guiones interiores. Forma parte de la dirección: { $address }
tenant-create = Crear
tenant-progress = Se está creando
tenant-progress-lede = Estos son los pasos reales. La página continúa sola.
tenant-step-secret = Un secreto propio
tenant-step-role = Un usuario del sistema y roles de base de datos propios
tenant-step-database = Una base de datos propia
tenant-step-schema = Sus tablas
tenant-step-certificate = Certificados para sus nombres
tenant-step-running = Su proceso, listo para responder
tenant-step-done = hecho
tenant-step-current = en curso
tenant-step-waiting = en espera
tenant-step-failed = Este paso no funcionó ({ $code }). Se repite solo; si sigue así, avise a quien opera esta instancia.
tenant-try = Inicie sesión usted mismo
tenant-try-lede = Es su página de inicio de sesión real. Cree allí una cuenta y será su primer usuario activo: esta página lo dirá sola.
tenant-first-you = Usted es el primer usuario activo
tenant-first-other = { $email } es el primer usuario activo
tenant-first-lede = El inicio de sesión está en el registro de auditoría, con una prueba de que está ahí y sin cambios.
tenant-first-event = Ver la entrada
keys-title = Claves de API
keys-lede = Para programas que gestionan { $workspace } por la API. Una clave no puede más que quien la creó.
keys-new = Crear una clave
keys-empty = Aún no hay claves.
keys-name = Nombre
keys-name-hint = Para las personas: qué programa la usa y dónde.
keys-scopes = Qué puede hacer
keys-scopes-own = Solo lo marcado abajo
keys-scopes-some = Y, además, estos permisos
keys-scopes-count = { $count ->
    [one] { $count } permiso
   *[other] { $count } permisos
  }
keys-scopes-all = Todo
keys-life = Cuánto tiempo vale
keys-life-always = Hasta que se revoque
keys-active = Activa
keys-expired = Caducada
keys-revoked = Revocada
keys-made = Creada por { $name } { $time }
keys-used = Usada { $time }
keys-unused = Nunca usada
keys-ends = Caduca { $date }, { $time } UTC
keys-previous-ends = El secreto anterior caduca { $date }, { $time } UTC
keys-rotate = Nuevo secreto
keys-rotate-of = Nuevo secreto para { $name }
keys-rotate-lede = Se muestra una sola vez. Ambos valen mientras sustituye el anterior.
keys-overlap = El secreto anterior sigue valiendo
keys-overlap-none = Caduca al momento
keys-revoke = Revocar
keys-revoke-of = Revocar { $name }
keys-revoke-confirm = Los programas que la usan se rechazan desde este momento. No se puede deshacer.
secret-of-key = La clave { $name }
secret-of-key-about = Los programas la envían como «Authorization: Bearer …». Guárdela donde solo ellos puedan leerla.
secret-of-webhook = El secreto de { $name }
secret-of-webhook-about = Su servidor comprueba con él que los eventos vienen de aquí (Standard Webhooks).
secret-once = Cópielo ahora: solo se muestra esta vez.
secret-done = Lo he guardado
webhooks-title = Webhooks
webhooks-lede = Sus servidores se enteran de lo que ocurre aquí: firmado, en orden y hasta que lo acepten.
webhooks-empty = Aún no se informa a ningún servidor.
webhooks-new = Añadir un destino
webhooks-id = Nombre
webhooks-id-hint = Minúsculas, cifras, - y _. No cambia después.
webhooks-url = Dirección
webhooks-events = Eventos
webhooks-events-hint = Uno por línea: un tipo como session.created, todos los de una cosa como session.*, o * para todo.
webhooks-description = Para qué sirve (opcional)
webhooks-enabled = Enviarle eventos
webhooks-active = Activo
webhooks-failing = Con fallos
webhooks-paused = En pausa
webhooks-disabled = Desactivado
webhooks-unknown = Ahora desconocido
webhooks-pending = { $count ->
    [one] { $count } evento espera.
   *[other] { $count } eventos esperan.
  }
webhooks-failing-since = El primer fallo fue { $time }.
webhooks-change = Cambiarlo
webhooks-test = Enviar un evento de prueba
webhooks-taken = El evento de prueba fue aceptado.
webhooks-not-taken = El evento de prueba no fue aceptado.
webhooks-retry = Reintentar ahora
webhooks-rotate = Nuevo secreto
webhooks-rotate-of = Nuevo secreto para { $name }
webhooks-remove = Quitar
webhooks-remove-of = Quitar { $name }
webhooks-remove-confirm = Lo que espera ya no se envía.
webhooks-deliveries = Entregas
webhooks-deliveries-lede = De los últimos 30 días, las más recientes primero.
webhooks-deliveries-empty = Aún no se ha enviado nada así.
delivery-pending = En espera
delivery-delivered = Aceptada
delivery-failed = Abandonada
webhooks-attempts = Intentos
webhooks-attempts-empty = Aún no se ha intentado.
webhooks-event = El evento en el registro
webhooks-replay = Enviar de nuevo
webhooks-body = Lo que se envía

# E-mail of a tenant
mail-title = Correo
mail-lede = De quién viene, qué dice y si llega.
mail-sender = Remitente
mail-sender-name = Nombre del remitente
mail-sender-address = Dirección del remitente
mail-reply-to = Adónde van las respuestas (opcional)
mail-server-own = Sale por su propio servidor de correo: { $server }.
mail-server-platform = Sale por el servidor de correo de la plataforma. Una dirección distinta de la habitual necesita un servidor propio, en los ajustes bajo mail.smtp.
mail-test = ¿Llega?
mail-test-send = Enviar un correo de prueba
mail-taken = Un servidor aceptó el correo para { $email }. Mire en ese buzón y en su carpeta de correo no deseado.
mail-not-taken = El correo para { $email } no salió:
mail-preview = Qué dice
mail-preview-lede = Con valores inventados, y con sus propias palabras donde los ajustes las tengan (mail.templates).
mail-preview-show = Mostrar
mail-preview-html = Verlo con su diseño
mail-letter = Correo
mail-own-words = Sus palabras
mail-suppressed = Direcciones que no reciben
mail-suppressed-count = { $count ->
    [one] { $count } dirección.
   *[other] { $count } direcciones.
  }
mail-suppressed-lede = Sus servidores dijeron que no hay nadie. Cuáles son no se guarda; escriba una para quitarla de la lista.
mail-lift = Volver a enviarle
mail-domain-title = Registros DNS
mail-domain-lede = El correo viene de { $email }. Los destinatarios consultan lo que dice el dominio antes de aceptarlo.
mail-domain-records = Registros de { $domain }
mail-domain-look = Consultar
mail-selector = Selector DKIM
mail-selector-about = Lo ha elegido el servidor de correo que firma; su documentación o sus ajustes lo dicen.
mail-selector-wrong = Esto no puede ser un selector.
mail-record-add = Añada este registro { $kind }
mail-record-good = En orden
mail-record-weak = Débil
mail-record-wrong = Inservible
mail-record-absent = Falta
mail-record-unanswered = Sin respuesta
mail-spf-about = Dice qué servidores pueden enviar correo de este dominio.
mail-dkim-about = La clave con la que los destinatarios verifican la firma de cada correo.
mail-dmarc-about = Dice qué pasa con el correo que solo afirma venir de este dominio.
mail-spf-how = Quien gestiona el servidor de correo sabe desde qué servidores envía y qué va en el registro.
mail-dkim-how = El servidor de correo crea la clave y muestra el registro que va aquí.
mail-dmarc-how = Empiece con uno que solo pida informes; pida más cuando muestren que todo su correo va firmado.
mail-fact-several = Hay varios, así que los destinatarios no usan ninguno. Haga de ellos uno solo.
mail-fact-servers = { $count ->
    [one] { $count } entrada nombra servidores.
   *[other] { $count } entradas nombran servidores.
  }
mail-fact-includes = Admite los servidores de { $names }.
mail-fact-others-fail = Todos los demás servidores deben rechazarse.
mail-fact-others-softfail = Todos los demás servidores son sospechosos.
mail-fact-others-neutral = No dice nada de otros servidores. Hágalo terminar en ~all o -all.
mail-fact-others-pass = Permite enviar a cualquier servidor. Hágalo terminar en ~all o -all.
mail-fact-key = La clave está ahí ({ $kind }).
mail-fact-key-short = La clave RSA tiene menos de 2048 bits. Haga que el servidor de correo cree una más larga.
mail-fact-key-revoked = La clave fue retirada: lo que firma ya no cuenta.
mail-fact-key-broken = Lo que hay no es una clave. Vuelva a poner el registro.
mail-fact-key-testing = Está marcada como prueba (t=y): los destinatarios tratan el correo como si no estuviera firmado.
mail-fact-policy-none = Aún no pide nada a los destinatarios (p=none). Más adelante póngalo en quarantine o reject.
mail-fact-policy-quarantine = Las falsificaciones se apartan (p=quarantine).
mail-fact-policy-reject = Las falsificaciones se rechazan (p=reject).
mail-fact-policy-unusable = No dice qué deben hacer los destinatarios (p=).
mail-fact-percent = Lo pide solo para el { $percent } % del correo (pct).
mail-fact-no-reports = Nadie se entera de lo que ven los destinatarios (rua).
mail-lift-of = Volver a enviarle: { $email }
mail-sent-title = Envíos
mail-sent-lede = Qué fue de cada correo: si un servidor lo aceptó y qué lo impidió.
mail-sent-kept = Se guarda 30 días; lo que se envió a alguien desaparece con su cuenta.
mail-sent-count-waiting = { $count ->
    [one] { $count } correo espera.
   *[other] { $count } correos esperan.
  }
mail-sent-none = Ningún correo coincide.
mail-sent-empty = Aún no se ha enviado nada.
mail-sent-gone = Alguien que se ha ido
mail-sent-next = Próximo intento en { $time }
mail-sent-attempts = { $count ->
    [one] { $count } intento
   *[other] { $count } intentos
  }
mail-sent-reply = el servidor dijo { $reply }
mail-sent-retry = Intentar ahora
mail-sent-waiting = En espera
mail-sent-accepted = Aceptado
mail-sent-refused = Rechazado
mail-sent-suppressed = No enviado
mail-sent-expired = Demasiado tarde
mail-words-title = Textos
mail-words-lede = Los códigos y enlaces de acceso pueden llevar sus propias palabras. Los avisos sobre una cuenta conservan las nuestras, para que no se pierda ninguna advertencia.
mail-words-own = En este idioma se envían sus propias palabras.
mail-words-ours = En este idioma se envían nuestras palabras. Cámbielas y guarde para enviar las suyas.
mail-words-subject = Asunto
mail-words-text = Texto sin formato
mail-words-html = HTML
mail-words-preview = Vista previa
mail-words-made-up = Con valores inventados. Aún no se ha guardado nada.
mail-words-test-lede = Envía lo de arriba con valores inventados, guardado o no.
mail-words-reset = Volver a nuestras palabras
mail-words-reset-lede = Se quitan sus palabras para este correo en este idioma. Los ajustes conservan la versión anterior.
mail-variable-code = El código; el texto y el HTML deben tenerlo
mail-variable-link = El enlace; el texto y el HTML deben tenerlo
mail-variable-app = El nombre de la aplicación
mail-variable-minutes = Cuántos minutos es válido
letter-verification-code = Código que confirma una dirección
letter-sign-in-link = Enlace de inicio de sesión
letter-deletion-link = Enlace que elimina una cuenta
letter-email-changed = Aviso: dirección cambiada
letter-user-deleted = Aviso: cuenta eliminada
letter-account-linked = Aviso: proveedor vinculado
letter-account-unlinked = Aviso: proveedor desvinculado
letter-passkey-added = Aviso: nueva llave de acceso
letter-passkey-removed = Aviso: llave de acceso quitada
letter-recovery-started = Aviso: acceso sin llave de acceso
letter-test = Correo de prueba

isolation-title = Aislamiento
isolation-lede = Si se mantiene todo lo que separa a este inquilino: probado, no supuesto.
isolation-last = Última prueba
isolation-none = Su aislamiento aún no se ha probado.
isolation-counts = { $held } se mantienen, { $broken } rotos, { $unknown } desconocidos.
isolation-download = Descargar el informe firmado
isolation-prove = Probar ahora
isolation-prove-about = Tarda unos segundos. Procesos como el del inquilino intentan lo que no debe funcionar; nada del inquilino cambia y sigue atendiendo.
isolation-checks = Lo que se probó
isolation-evidence = Indicios
isolation-verify = Compruebe usted el informe
isolation-verify-lede = El informe está firmado y su resumen está en el registro sellado de este inquilino.
isolation-digest = Resumen
isolation-key = Clave de esta instancia para informes
isolation-command = Verificar un informe, sin conexión
isolation-earlier = Pruebas anteriores
isolation-held = Se mantiene
isolation-broken = Roto
isolation-not-applicable = Nada que mantener
isolation-unknown = Desconocido
isolation-canary = Un proceso iniciado como el motor del inquilino se aísla a sí mismo
isolation-namespaces = Montajes, red, IPC, nombre del equipo y grupos de control son propios
isolation-root = Su raíz está vacía y es de solo lectura: ninguna ruta lleva a ninguna parte
isolation-limits = Hilos, archivos, memoria y descriptores están limitados
isolation-account = Se ejecuta con la cuenta propia del inquilino, en ningún otro grupo
isolation-privileges = No tiene ninguna capacidad ni puede obtenerla
isolation-landlock = Landlock le niega los archivos, y termina con su lanzador
isolation-seccomp = Solo le quedan las llamadas al sistema de la lista
isolation-descriptors = No tiene nada que lleve fuera, ni entorno
isolation-group = Un grupo de control limita su parte de la máquina
isolation-files = Los archivos no se pueden leer, listar, consultar ni escribir
isolation-processes = Otros procesos no se alcanzan, y no se pueden iniciar procesos ni hilos
isolation-network = No se puede conectar, escuchar ni enviar nada
isolation-kernel = Montajes, espacios de nombres, código propio y partes raras del núcleo quedan fuera de alcance
isolation-share = Se niega más memoria y descriptores que su parte
isolation-database-others = Su rol no puede entrar en otras bases de datos ni como otros roles
isolation-database-catalogs = Su rol no ve otros inquilinos en los catálogos del servidor
isolation-database-server = Su rol no alcanza archivos, programas ni ajustes del servidor
isolation-database-powers = Su rol no puede crear, poseer, cambiar ni terminar nada más allá de sus filas
isolation-database-log = Su rol no puede cambiar ni quitar nada del registro de auditoría
isolation-database-grants = Su rol tiene exactamente los derechos que le da esta versión
isolation-database-owners = Nada en su base de datos pertenece a su rol
isolation-database-objects = Su base de datos tiene las tablas, funciones y disparadores de esta versión, y ninguno más
isolation-database-connections = El número de sus conexiones a la base de datos está limitado
isolation-key-secret = Su secreto es propio
isolation-key-log = La clave que sella su registro es propia
isolation-account-unique = Su cuenta no es de ningún otro inquilino
isolation-hostnames = Solo se llega a él por sus propios nombres
isolation-egress = Alcanza los servidores que lista, y ningún otro
isolation-certificate = Sus certificados y las claves de estos son propios, válidos hoy, y son los que se muestran a sus visitantes

# Backups of a tenant
backups-title = Copias de seguridad
backups-lede = Qué fue de ellas y si la última pudo restaurarse.
backups-last = Última copia
backups-last-drill = Última prueba de restauración
backups-none = Aún ninguna
backups-scheduled = Se hacen solas
backups-unscheduled = No se hacen solas
backups-rows = { $count ->
    [one] { $count } fila
   *[other] { $count } filas
  }
backups-drill-good = Restaurada entera, y el registro acababa donde debía
backups-drill-bad = No pudo restaurarse
backups-signed-in = La copia conocía una sesión
backups-drill-about = Una copia nunca restaurada es una esperanza. La prueba hace una copia, cuenta, inicia sesión y la elimina.
backups-runs = Qué fue de ellas
backups-empty = Aún no se ha hecho ninguna copia.
backups-drill = Prueba de restauración
backups-backup = Copia de seguridad
backups-commands = En la máquina
backups-commands-lede = Los archivos salen cifrados de la instancia, a un lugar que ella misma no alcanza. Por eso los hace allí quien la opera.
backups-make = Hacer una ahora
backups-try = Probar si la última se puede restaurar
backups-restore = Restaurar una junto a este inquilino
backups-place = Indicar un lugar para los archivos, para poder hacerlos desde aquí
backups-now = Hacer copia ahora
backups-drill-now = Probar la última ahora
backups-copy = Restaurar en un duplicado
backups-copy-of = Restaurar en un duplicado: copia de { $when }
backups-copying = Duplicado { $name }
backups-step-waiting = Encargado
backups-step-storing = Hecha y guardada
backups-step-reading = Leída hasta el final y comprobada
backups-step-restoring = Restaurada en un inquilino nuevo
backups-so-far = { $size } hasta ahora
backups-late = Nadie ha empezado aún. Quien opera esta instancia lo hará en menos de una hora; enseguida, si allí corre kiavi backup run --watch.
backups-done-backup = La copia está hecha y guardada.
backups-done-copy = El duplicado { $name } está hecho.
backups-open-copy = Abrir { $name }
backups-failed = No se pudo hacer, y nada ha cambiado. Quien opera esta instancia encuentra la razón en su registro.
backups-failed-gone = No se pudo hacer: el archivo ya no está. Elija otro.
backups-failed-damaged = No se pudo hacer: el archivo está dañado o no encaja. Elija otro y avise a quien opera esta instancia.
backups-failed-name = No se pudo hacer: el nombre { $name } ya está ocupado. Elija otro.
backups-copy-lede = Un inquilino nuevo será lo que { $name } era en la copia de { $when }. { $name } se queda como está.
backups-with-ended = Recuperar lo que terminó desde entonces
backups-with-ended-about = Personas borradas, y llaves de acceso, cuentas vinculadas y claves de API eliminadas. Solo si su fin fue el error: quien pidió ser borrado volvería.
backups-with-keys = Las claves de API valen también en el duplicado
backups-with-keys-about = Las que valen en el propio inquilino. Sin esto, los programas que lo usan no pueden llegar al duplicado por error.
backups-copy-about = En el duplicado nadie tiene sesión iniciada. Tiene otra dirección: los navegadores deben iniciar sesión, los proveedores necesitan sus URI de redirección y las llaves de acceso solo valen donde se crearon.

# Sessions of a tenant
live-title = Sesiones
live-lede = Quién tiene la sesión abierta, los últimos primero.
live-empty = Ahora mismo nadie tiene la sesión abierta.
live-none = Ninguna sesión coincide con su búsqueda.
live-acting = Alguien actúa en su nombre
live-end-of = Cerrar sesión de { $name } en { $device }

# Security of a tenant
security-title = Seguridad
security-lede = Qué límites hay, qué rechazaron y quién está bloqueado.
security-quiet = { $count ->
    [one] { $count } límite no rechazó a nadie en la última semana
   *[other] { $count } límites no rechazaron a nadie en la última semana
  }
security-locked = Bloqueados ahora
security-locked-lede = A quién rechaza un límite en este momento, si el registro de las últimas 24 horas lo nombra.
security-locked-empty = Nadie está bloqueado.
security-locked-guesses = { $count ->
    [one] { $count } dirección ha agotado sus códigos erróneos.
   *[other] { $count } direcciones han agotado sus códigos erróneos.
  }
security-locked-total = { $count ->
    [one] { $count } en total.
   *[other] { $count } en total; se muestran los que más esperan.
  }
security-for = { $limit }: { $time } más
security-refused-day = { $count ->
    [one] { $count } petición rechazada en 24 horas
   *[other] { $count } peticiones rechazadas en 24 horas
  }
security-everybody = Todos
security-unlock = Volver a admitir
security-unlock-of = Volver a admitir: { $name }
security-unlock-who = Correo electrónico o dirección IP
security-unlock-lede = Alguien que no está en la lista: se vuelve a contar desde cero.
security-limits = Límites
security-limits-lede = Qué rechazó cada uno, según el registro.
security-rate = { $limit } en { $time }
security-off = Desactivado
security-refused = Rechazadas: { $today } en 24 horas, { $week } en 7 días
security-refused-none = Nada rechazado en 7 días
security-told-as = Sus rechazos están en el registro entre
security-offenders = Los más rechazados en 7 días
security-untold = { $count ->
    [one] { $count } rechazo de los últimos 7 días está en el registro solo como número, sin su límite: una avalancha no debe llenarlo.
   *[other] { $count } rechazos de los últimos 7 días están en el registro solo como número, sin su límite: una avalancha no debe llenarlo.
  }
security-fixed = { $count ->
    [one] { $count } rechazo fue de un límite que ningún ajuste cambia.
   *[other] { $count } rechazos fueron de límites que ningún ajuste cambia.
  }
security-partial = Había demasiado que leer: estos son los eventos desde { $time }.
security-try = Probar un cambio
security-try-of = Probar un cambio: { $name }
security-try-lede = Qué habría rechazado un límite en los últimos 7 días con otro valor. Esto no cambia nada.
security-try-limit = Límite
security-try-uses = Cuántas
security-try-window = En cuántos segundos
security-try-run = Contar de nuevo
security-try-missing = Solo se ofrecen los límites cuyos usos están en el registro. De páginas vistas, comprobaciones de sesión, captchas, pasos de llaves de acceso, llamadas a proveedores y claves de API tiene demasiado poco.
security-try-did = En realidad
security-try-as-set = Como está ahora: { $rate }
security-try-would = Con el cambio: { $rate }
security-try-requests = Peticiones
security-try-networks = Redes
security-try-people = Direcciones o usuarios
security-try-result = Qué rechaza
security-try-about = { $count ->
    [one] { $count } uso en el registro, contado en orden.
   *[other] { $count } usos en el registro, contados en orden.
  }
security-try-caveat = Faltan los rechazos que el registro solo contó, y nadie sabe qué habría hecho la gente. La segunda fila cuenta los mismos usos con el valor de hoy: cuanto más se aleja de la primera, menos dice la tercera.
security-try-nameless = { $count ->
    [one] { $count } es de alguien olvidado y no se atribuye a nadie.
   *[other] { $count } son de alguien olvidado y no se atribuyen a nadie.
  }
security-try-fault = Esto no se puede probar: { $fault }
security-blocked = Bloqueado
security-blocked-lede = Lo que los ajustes dejan fuera del todo (abuse).
security-blocked-networks = Redes sin respuesta
security-blocked-domains = Dominios de correo sin usuarios nuevos
security-allowed-domains = Únicos dominios de correo con usuarios nuevos
security-allowed-all = Todos
security-disposable = Direcciones desechables
security-disposable-refused = Sin usuarios nuevos
security-disposable-allowed = Como las demás
security-captcha = Captcha antes de enviar un correo
security-captcha-none = Ninguno
security-captcha-work = Trabajo para el navegador
security-change = Cambiarlo en los ajustes
security-block = Bloquear
security-block-of = Bloquear { $name }
security-block-title = ¿Bloquear { $network }?
security-block-about = Quien venga de ahí no recibe más respuestas, hasta que la red se quite de la lista de bloqueadas.
security-networks-hint = Una por línea, como dirección IP o bloque CIDR, por ejemplo 203.0.113.0/24.
security-domains-hint = Uno por línea, por ejemplo example.com.
security-allowed-hint = Si hay alguno, nadie más puede hacerse usuario. Uno por línea.
security-disposable-refuse = Rechazar usuarios nuevos con direcciones desechables
security-set-rate = Fijarlo así: { $rate }
limit-api-key-requests = Comprobaciones de una clave de API
limit-api-key-unknown = Claves de API desconocidas de una red
limit-guesses = Códigos erróneos para una dirección
limit-tokens = Tokens de un solo uso de un usuario
limit-captcha = Respuestas de captcha de una red
limit-check-network = Códigos y enlaces probados desde una red
limit-check-tenant = Códigos probados por todos juntos
limit-send-address = Códigos y enlaces para una dirección
limit-send-network = Códigos y enlaces pedidos desde una red
limit-send-tenant = Códigos y enlaces para todos juntos
limit-general = Peticiones a una ruta desde una red
limit-passkey-credential = Intentos fallidos de una llave de acceso
limit-passkey-network = Pasos de llaves de acceso desde una red
limit-session-check = Comprobaciones de sesión desde una red
limit-social-calls = Llamadas a proveedores para un usuario
limit-social-failed = Accesos con proveedor fallidos desde una red
limit-social-network = Accesos con proveedor iniciados desde una red

# Ways to sign in to a tenant
methods-title = Inicio de sesión
methods-lede = Cómo se puede iniciar sesión.
methods-ways = Formas de iniciar sesión
methods-on = Activo
methods-off = Inactivo
methods-open = Abierto
methods-closed = Cerrado
methods-passkeys = Siempre se ofrecen; a quien no tiene se le pide que cree una.
methods-required = Quien tiene una llave de acceso no entra con nada más, y todos deben tener una
methods-code = Siempre está: así se demuestra que una dirección es propia.
methods-link = Un enlace en un correo lleva a una página con un botón para iniciar sesión. Lo pide su aplicación.
methods-link-offer = Permitir entrar con un enlace
methods-sign-up = Cuentas nuevas
methods-sign-up-about = Si quien no tiene puede crear una cuenta.
methods-sign-up-open = Cualquiera puede crear una cuenta
methods-providers = Otros servicios
methods-providers-lede = Botones en la página de inicio de sesión, en este orden.
methods-providers-empty = Aún no hay otro servicio.
provider-new = Añadir un servicio
provider-without-secret = Sin secreto
provider-settings = El cliente allí
provider-id = Nombre en las direcciones
provider-id-hint = Uno conocido como google, github, microsoft, apple o gitlab solo necesita un cliente. Cualquier otro necesita su dirección de descubrimiento.
provider-client-id = ID de cliente
provider-client-secret = Secreto de cliente
provider-secret-hint = Hay uno guardado. Si queda vacío, se conserva.
provider-discovery-url = Dirección de descubrimiento
provider-discovery-hint = De un proveedor de OpenID Connect; vacía para uno conocido.
provider-name = Nombre en el botón (opcional)
provider-redirect = Dirección de redirección
provider-redirect-lede = Escriba exactamente esto donde registra el cliente.
provider-test = Probar este proveedor
provider-trial = Lo que se encontró
provider-discovery = Su documento de descubrimiento
provider-keys = Sus claves
provider-client = Si conoce su cliente
provider-passed = Bien
provider-unclear = No se puede saber
provider-remove = Quitar
provider-remove-of = Quitar { $name }
provider-remove-confirm = Nadie puede entrar ya con él. Las cuentas vinculadas quedan para el día en que vuelva.

# The instance, for the owners of the platform
instance-title = Instancia
instance-lede = Cómo funcionan los inquilinos de todos los espacios de trabajo. Sus usuarios, registros y secretos no se muestran aquí: solo los ve quien es miembro de su espacio de trabajo.
instance-tenants = Todos los inquilinos
instance-processes = Procesos
instance-jobs = Tareas
instance-health = Salud
instance-search = Buscar un inquilino
instance-none = Ningún inquilino coincide con la búsqueda.
instance-tenants-empty = Aún no hay inquilinos.
instance-tenant = Inquilino
instance-size = { $size } de datos
instance-schema = Esquema { $version }
instance-backed-up = Copia { $ago }
instance-unbacked = Aún sin copia
instance-made = Creado { $ago }
instance-processes-lede = Qué funciona en esta máquina, con cuánta memoria y desde cuándo. Mirarlo no inicia nada.
instance-services = Los de la instancia
instance-isolated = Cada uno debe tener todas las capas del entorno aislado, salvo el lanzador y PostgreSQL, a los que no se aplica.
instance-rootless = Sin root faltan capas del entorno aislado y los inquilinos comparten una cuenta: solo para desarrollo.
instance-engines = Motores
instance-engines-lede = Uno por inquilino. Los que están en reposo no ocupan memoria y arrancan con la siguiente petición.
instance-engines-empty = Ningún inquilino tiene aún un motor.
instance-role = Proceso
instance-memory = Memoria propia
instance-started = Inicio
instance-sandbox = Aislamiento
instance-confined = Se mantiene
instance-unconfined = Ninguno
instance-failures = Fallos seguidos
instance-down = No funciona
instance-starting = Arrancando
instance-draining = Terminando
instance-reading-log = Lee un registro
instance-paused = En pausa tras fallos
instance-starts-again = de nuevo { $date }, { $time } UTC
instance-jobs-lede = Inquilinos que aún no están como deben. Lo que falló se intenta de nuevo por sí solo.
instance-jobs-empty = No hay nada en curso: cada inquilino está como debe.
job-to-run = Se está preparando
job-to-suspend = Se está suspendiendo
job-to-delete = Se está deteniendo, para eliminarlo
job-to-destroy = Se está destruyendo
job-to-import = Recibe datos de otro lugar
job-to-spare = Se prepara de antemano, para la próxima solicitud
job-retries = Nuevo intento { $date }, { $time } UTC
job-attempts = { $attempts ->
    [one] { $attempts } intento
   *[other] { $attempts } intentos
  }
instance-health-lede = Comprobado ahora mismo.
health-ok = En orden
health-unchecked = Sin comprobar
health-warning = Requiere atención
health-fault = No funciona
health-database = Base de datos
health-gateway = Conexiones entrantes
health-outbound = Correo y otros servidores
health-auditor = Sellado de registros
health-audit-logs = Registros de auditoría
health-vault = Almacén de secretos
health-lost-tenants = Datos por restaurar
health-disk = Disco
health-clock = Reloj
health-isolation = Aislamiento de procesos
health-not-looked = sin comprobar: { $why }
health-no-launcher = el lanzador no responde
health-no-database = la base de datos no responde
health-no-disk = no se pudo examinar
health-no-clock = el núcleo no dice cómo está
health-database-answers = responde
health-database-silent = no responde: nadie puede iniciar sesión
health-runs = el proceso está en marcha
health-gateway-down = el proceso no está en marcha: nadie puede entrar
health-outbound-down = el proceso no está en marcha: el correo espera y no se llega a ningún proveedor
health-auditor-down = el proceso no está en marcha: los eventos se escriben y se sellarán cuando vuelva
health-auditor-behind = hay eventos que esperan su sello desde hace { $waited } s, en { $logs } registros
health-logs-hold = ninguno contradice lo que vio su testigo
health-logs-contradict = los de { $names } contradicen lo que vio su testigo y ya no se sellan: ¿se reemplazó una base de datos por una copia más antigua? Véase docs/operations.md
health-vault-works = los secretos están disponibles ({ $driver })
health-vault-silent = el almacén no responde a tiempo
health-jobs-none = cada inquilino está donde debe estar
health-jobs-under-way = { $all } en curso
health-jobs-failed = { $failed } de { $all } fallaron y se vuelven a intentar: véase kiavi instance jobs
health-engines-run = { $number } en marcha, los demás duermen
health-engines-paused = { $number } fallaron y se vuelven a iniciar tras una pausa
health-engines-quarantined = { $number } en cuarentena tras llamadas al sistema prohibidas, y ya no se inician: consulte el registro
health-backups-none = ninguna se hace por sí sola: véase kiavi backup schedule
health-backups-unreadable = el calendario no se puede leer: véase kiavi backup schedule
health-backups-without-instance = la instancia misma no está en ningún archivo: indique un --recipient que pueda abrirlo cuando todo se haya perdido
health-backups-good = la instancia y { $tenants } inquilinos, copiados y probados a tiempo; la identidad del operador: { $identity }
health-identity-tried = probada por última vez el { $date }
health-identity-untried = nunca probada (kiavi backup drill --instance --identity FILE)
health-backups-untried = no restaurados a tiempo como prueba: { $names }
health-backups-late = sin archivo del último día: { $names }
health-domains-hold = ninguno ha caducado y ninguno espera su registro desde hace días
health-domains-lapsed = caducados, el registro ya no está: { $names }
health-domains-pending = pendientes, el registro nunca llegó: { $names }
health-domain-since = { $domain } de { $tenant } desde el { $since }
health-certificates-hold = cada nombre tiene uno y ninguno caduca pronto
health-certificates-ending = caducan pronto y no se pudieron renovar: { $names }
health-certificates-without = aún no se pudieron emitir, así que los navegadores no pueden entrar: { $names }
health-certificates-see = { $which }; véase kiavi certificate list
health-lost-none = los datos de cada inquilino están aquí
health-lost = restaure estos desde sus archivos: { $names }
health-instance-itself = la instancia misma
health-and-more = { $names } y { $more } más
health-disk-files = queda el { $percent } % de los archivos que puede contener: un inquilino tiene 400
health-disk-free = { $free } GB libres ({ $percent } %)
health-disk-low = { $left }: libere espacio a tiempo
health-disk-full = { $left }: libere espacio, o PostgreSQL se detiene y con él todo inicio de sesión
health-clock-in-step = se mantiene en hora, con { $milliseconds } ms de error como mucho
health-clock-free = nada lo mantiene en hora, o nadie se lo ha dicho al núcleo: instale chrony o systemd-timesyncd. Los códigos y las sesiones caducan según él, y otros servidores rechazan tokens del futuro
health-isolated = se exige cada capa del entorno aislado
health-isolated-groups = se exige cada capa del entorno aislado; los grupos de control (versión { $version }) mantienen cada motor en su parte
health-isolated-no-groups = se exige cada capa del entorno aislado, pero no hay grupos de control: cada motor solo está sujeto a sus propios límites, y uno ocupado puede frenar a otros. kiavi doctor dice por qué
health-rootless = sin root: los inquilinos comparten una cuenta; solo para desarrollo

# Members of the console
domains-lede = Los nombres con los que se llega a este inquilino.
domains-names = Nombres
certificates-title = Certificados
certificate-good = Su certificado, de { $issuer }, termina { $date }.
certificate-ended = Su certificado terminó { $date }: los navegadores se niegan a venir aquí.
certificate-none = Todavía no tiene certificado: los navegadores no pueden venir aquí.
certificate-pending = Su certificado se está creando.
certificate-unverified = La autoridad de certificación no encontró este servicio en el nombre. Haga que sus registros A y AAAA lleven aquí.
certificate-limited = La autoridad de certificación pide que se intente más tarde.
certificate-forbidden = Un registro CAA del dominio nombra a otras autoridades de certificación. Añada esta.
certificate-refused = La autoridad de certificación rechaza este nombre. Pregunte a quien gestiona esta instancia.
certificate-unreachable = No se puede llegar a la autoridad de certificación.
certificate-other = No se pudo crear el certificado. Pregunte a quien gestiona esta instancia.
certificate-again = Nuevo intento { $date }, { $time } UTC.
certificate-says = Dice: { $detail }
certificate-renew = Intentar de nuevo
certificate-renew-of = Intentar de nuevo obtener un certificado para { $domain }
domains-title = Dominios
domains-primary = Principal
domains-checked = Última búsqueda { $time }.
domains-verify = Buscar el registro
domains-verify-of = Buscar el registro de { $domain }
domains-remove = Quitar
domains-remove-of = Quitar { $domain }
domains-remove-confirm = Nadie podrá iniciar sesión ahí, y otro inquilino podrá demostrar que el dominio es suyo.
domains-record = El registro de { $domain }
domains-record-name = Nombre
domains-record-type = Tipo
domains-record-value = Valor
domains-add = Añadir un dominio
domains-add-lede = Después pone en su DNS un registro que demuestra que es suyo. Hasta entonces no cambia nada.
domains-label = Dominio
domain-served = En uso
domain-former = Anterior
domain-pending = Espera su registro
domain-verified = Verificado
domain-missing = Falta el registro
domain-lapsed = Caducado
domain-own-about = Viene con el nombre del inquilino.
domain-former-about = Lleva al nombre principal durante un tiempo.
domain-given-about = Lo puso el operador, sin registro.
domain-pending-about = Ponga el registro de abajo y búsquelo. Puede tardar unos minutos.
domain-verified-about = Deje el registro donde está.
domain-missing-about = Sigue en uso. Vuelva a poner el registro de abajo.
domain-lapsed-about = El registro falta desde hace días. El dominio sigue en uso hasta que otro inquilino lo verifique.
console-nav = Espacio de trabajo
palette-open = Ir a…
palette-keys = Ctrl K
palette-label = Página, inquilino o persona
palette-none = No se encontró nada
palette-people = Buscar usuarios: «{ $text }»
workspace-switch = Cambiar de espacio de trabajo
workspace-new = Nuevo espacio de trabajo
workspace-new-lede = Un espacio de trabajo tiene sus propios inquilinos, claves y miembros. Usted será su propietario.
workspace-name = Nombre
workspace-slug = Nombre en las direcciones
workspace-slug-hint = Minúsculas, cifras y guiones.
workspace-create = Crear espacio de trabajo
workspace-rename = Cambiar el nombre de este espacio
team-title = Equipo
team-lede = Quién trabaja en { $workspace } y qué puede hacer.
team-members = Miembros
team-alone = Aquí solo está usted. Invite a las personas con las que trabaja.
team-you = Usted
team-joined = Se unió { $time }
team-role = Rol
team-role-of = Cambiar rol: { $name }
team-role-change = Cambiar rol
team-remove = Quitar
team-remove-of = Quitar a { $name }
team-remove-confirm = Desde este momento ya no verá ni hará nada en { $workspace }.
team-remove-keys = Las claves de gestión cuyo secreto conoce se revocarán: { $keys }. Para conservar una, renuévela antes usted.
team-role-keys = Las claves de gestión cuyo secreto conoce solo podrán lo que permita el nuevo rol: { $keys }.
team-invitations = Invitaciones
team-invitations-empty = En este momento no hay nadie invitado.
team-invite = Invitar a alguien
team-invite-lede = Recibirá un correo con un enlace. Vale 7 días y solo para esta dirección.
team-invite-send = Enviar invitación
team-invited = Invitación enviada { $time }
team-invite-expired = Caducada
team-resend = Reenviar
team-resend-of = Reenviar la invitación a { $email }
team-revoke = Retirar
team-revoke-of = Retirar la invitación a { $email }
team-roles = Qué permite cada rol
role-owner = Propietario
role-owner-about = Todo, incluido el propio espacio de trabajo.
role-admin = Administrador
role-admin-about = Todo salvo el propio espacio: inquilinos, ajustes, claves y miembros.
role-developer = Desarrollador
role-developer-about = Construye: inquilinos, ajustes y claves. No elimina inquilinos ni gestiona miembros.
role-support = Soporte
role-support-about = Ayuda a los usuarios y puede actuar como ellos. No cambia la configuración.
role-viewer = Lector
role-viewer-about = Lo ve todo, no cambia nada.
role-auditor = Auditor
role-auditor-about = Solo lee el registro y las pruebas.
role-privacy = Privacidad
role-privacy-about = Atiende las solicitudes de los interesados y gestiona incidentes.
owner-title = Ser propietario
owner-lede = Ha iniciado sesión como { $email }. Como propietario de { $workspace } puede hacerlo todo e invitar a otras personas.
invitation-title = Unirse a { $workspace }
invitation-lede = { $inviter } le invita como { $role }. Ha iniciado sesión como { $email }.
invitation-accept = Unirse
invitation-accept-of = Unirse a { $workspace } como { $role }
invitation-later = Ahora no
no-workspace-title = Aún no hay espacio de trabajo
no-workspace-lede = Ha iniciado sesión como { $email }, pero no es miembro de ningún espacio. Pida a un miembro que invite esta dirección.
no-owner-title = Esta instancia aún no tiene propietario
no-owner-lede = Ha iniciado sesión como { $email }. Quien opera esta instancia se convierte en su propietario con el enlace que se mostró al iniciarla; «kiavi console first-owner» muestra otro.
no-workspace-invited = Está invitado
link-gone-title = Este enlace ya no funciona
link-gone-invitation = Ha caducado, se usó, se retiró o se envió uno más reciente. Pida una nueva invitación.
link-gone-owner = Ha caducado o ya se usó. Quien administra esta instancia obtiene uno nuevo con «kiavi console first-owner».
owner-exists-title = Ya hay un propietario
owner-exists-lede = Este enlace era para el primer propietario. Pida una invitación al propietario.
wrong-address-title = Esta invitación es para otra dirección
wrong-address-lede = Se envió a { $invited } y usted ha iniciado sesión como { $email }. Inicie sesión con la dirección a la que se envió.
wrong-address-switch = Iniciar sesión con otra dirección
unverified-title = Confirme primero su dirección
unverified-lede = Nada demuestra todavía que { $email } sea suya. Inicie sesión una vez con un código por correo y abra el enlace otra vez.
entry-failed-title = El inicio de sesión no funcionó
entry-failed-lede = Tardó demasiado, ya se usó o empezó en otro navegador. Empiece de nuevo aquí.
prove-title = Confirme que es usted
prove-lede = Ha iniciado sesión como { $email }. Use su llave de acceso para continuar: aquí un código no basta.
prove-confirm = Usar mi llave de acceso
prove-failed = No ha funcionado. Inténtelo otra vez con una llave de acceso de esta cuenta.
prove-none = Aún no tiene llave de acceso. Cree una y volverá aquí.
prove-no-script = Su navegador no ejecuta scripts aquí, así que no se puede usar una llave de acceso. Use otro navegador.

# La galería de una instancia de desarrollo
components-title = Componentes
components-lede = Cada página en cada estado, con personas inventadas. Solo kiavi dev tiene esta página.
components-look = Aspecto
components-look-ours = Kiavi
components-look-of = Inquilino { $number }
components-mails = Correos

# Buzón
mailbox-title = Buzón
mailbox-lede = Todos los correos de esta instancia de desarrollo llegan aquí. Ninguno sale de este equipo.
mailbox-empty-title = Aún no hay correos
mailbox-empty-lede = Pida un código de acceso y aparece aquí solo.
mailbox-to = Para { $email }
mailbox-copy-code = Copiar el código { $code }
mailbox-count = { $count ->
    [one] { $count } correo
   *[other] { $count } correos
  }

# Tiempo
time-now = ahora mismo
time-today = hoy
time-yesterday = ayer
time-minutes-ago = { $minutes ->
    [one] hace { $minutes } minuto
   *[other] hace { $minutes } minutos
  }
time-hours-ago = { $hours ->
    [one] hace { $hours } hora
   *[other] hace { $hours } horas
  }
time-days-ago = { $days ->
    [one] hace { $days } día
   *[other] hace { $days } días
  }
wait-over = Ya puede volver a intentarlo.
time-left-seconds = { $seconds ->
    [one] { $seconds } segundo
   *[other] { $seconds } segundos
  }
time-left-minutes = { $minutes ->
    [one] { $minutes } minuto
   *[other] { $minutes } minutos
  }
time-left-hours = { $hours ->
    [one] { $hours } hora
   *[other] { $hours } horas
  }
time-left-days = { $days ->
    [one] { $days } día
   *[other] { $days } días
  }
time-on-date = el { $day } de { $monthName } de { $year }
time-month = { $month ->
    [1] enero
    [2] febrero
    [3] marzo
    [4] abril
    [5] mayo
    [6] junio
    [7] julio
    [8] agosto
    [9] septiembre
    [10] octubre
    [11] noviembre
   *[12] diciembre
  }

# Avisos: qué ha pasado y qué hacer
notice-code-wrong = Ese código no es correcto. Mire el correo más reciente e inténtelo de nuevo.
notice-code-expired = Ese código ha caducado. Pida uno nuevo.
notice-code-tries = Demasiados códigos erróneos. Pida un código nuevo y use ese.
notice-code-other-browser = Este código es del navegador que lo pidió. Pida uno nuevo aquí.
notice-code-sent = Le hemos enviado un código nuevo. El anterior ya no vale.
notice-link-expired = Este enlace ha caducado o ya se usó. Pida uno nuevo.
notice-deletion-mail-sent = Le hemos enviado un correo. Abra su enlace en este navegador para eliminar su cuenta.
notice-email-invalid = Escriba una dirección como usted@example.com.
notice-passkey-cancelled = ¿No funciona la llave de acceso? Use un código por correo.
notice-passkey-unknown = Esta llave de acceso se eliminó de su cuenta. Use un código por correo y después cree una nueva.
notice-passkey-unsupported = Este navegador no puede usar llaves de acceso. Use un código por correo.
notice-passkey-exists = Este dispositivo ya tiene una llave de acceso para su cuenta.
notice-passkey-verification = Su dispositivo no ha confirmado que es usted. Configure un bloqueo de pantalla o un PIN e inténtelo de nuevo.
notice-passkey-wrong-domain = Las llaves de acceso no funcionan en esta dirección. Abra la página de acceso habitual.
notice-passkey-timeout = Ha tardado demasiado. Inténtelo de nuevo.
notice-passkey-failed = No se ha podido comprobar la llave de acceso. Inténtelo de nuevo o use un código por correo.
notice-passkey-create-cancelled = No se ha creado ninguna llave de acceso. Puede intentarlo de nuevo o hacerlo más tarde.
notice-passkey-created = Su llave de acceso está lista. Úsela la próxima vez que entre.
notice-passkey-renamed = La llave de acceso tiene su nombre nuevo.
notice-passkey-removed = Se ha eliminado la llave de acceso.
notice-passkey-gone = Esa llave de acceso ya se había eliminado.
notice-passkey-last = Es su única forma de iniciar sesión. Confirme primero su correo electrónico.
notice-passkey-held = Ha accedido por correo, así que las llaves de acceso anteriores se quedan un tiempo. Acceda con una de ellas o espere.
notice-email-same = Ya tiene esta dirección.
notice-email-taken = Alguien tiene una cuenta con esta dirección. Use otra.
notice-email-changed = Su correo electrónico se ha cambiado.
notice-profile-saved = Se ha guardado su perfil.
notice-name-invalid = Escriba un nombre de 100 caracteres como máximo.
notice-session-revoked = Se ha cerrado la sesión del dispositivo.
notice-sessions-revoked = Se ha cerrado la sesión en los demás dispositivos.
notice-session-ended = Se ha cerrado su sesión. Inicie sesión de nuevo para seguir.
notice-sign-in-again = Por seguridad, inicie sesión de nuevo para cambiar esto.
notice-flow-expired = Ha tardado demasiado. Empiece de nuevo.
notice-rate-limited = Demasiados intentos. Inténtelo de nuevo en { $time }.
notice-too-many = Demasiados intentos. Espere un momento e inténtelo de nuevo.
notice-suspended = Esta cuenta está suspendida. Contacte con el servicio de ayuda.
notice-passkey-required = Esta cuenta tiene una llave de acceso, así que un código o un enlace ya no inicia sesión. Use su llave de acceso.
notice-sign-up-closed = Aquí no se pueden crear cuentas nuevas. Pida una invitación.
notice-provider-denied = El otro servicio no ha permitido el acceso. Inténtelo de nuevo o use un código.
notice-provider-unverified = El otro servicio no ha confirmado su correo. Use un código.
notice-provider-failed = El otro servicio no ha respondido como debía. Inténtelo de nuevo o use un código.
notice-account-conflict = Ya tiene una cuenta. Confirme con una llave de acceso o un código.
notice-account-linked = Ya está vinculado. A partir de ahora puede iniciar sesión con él.
notice-account-unlinked = Se ha desvinculado.
notice-account-gone = Esa cuenta ya estaba desvinculada.
notice-account-last = Es su única forma de iniciar sesión. Cree primero una llave de acceso o inicie sesión una vez con un código por correo.
notice-account-other-email = Esa cuenta tiene otra dirección de correo que la suya aquí, por lo que no se ha vinculado.
notice-account-taken = Esa cuenta está vinculada aquí a otra persona.
notice-account-unable = No se ha podido vincular: el otro servicio no ha confirmado su dirección de correo o su sesión terminó mientras tanto. Inténtelo de nuevo.
notice-connect-other = Ha iniciado sesión en otra cuenta, así que no se ha vinculado nada. Empiece de nuevo para vincularla aquí.
notice-connect-expired = Ha iniciado sesión, pero la vinculación tardó demasiado. Hágalo desde la página de su cuenta.
notice-connect-needs-code = Use un código por correo para vincularla: su dirección nunca se confirmó aquí.
notice-not-while-acting = Está actuando como otra persona. Solo ella puede cambiar esto.
notice-acting-stopped = Vuelve a actuar en su propio nombre.
notice-acting-link = Este enlace ya se usó o tiene más de un minuto. Empiece de nuevo en la consola.
notice-acting-refused = Nadie puede actuar ahora como esta persona. Consulte su página en la consola.
notice-member-invited = La invitación está en camino.
notice-member-exists = Esta persona ya es miembro.
notice-member-role-changed = El rol se ha cambiado.
notice-member-removed = El miembro se ha quitado.
notice-member-role-keys = El rol se ha cambiado. Las claves de gestión de esta persona ahora pueden menos.
notice-member-removed-keys = El miembro se ha quitado y las claves de gestión que conocía se han revocado.
notice-member-owner-last = Un espacio de trabajo necesita un propietario. Nombre antes a otra persona.
notice-member-role-above = No puede dar ni quitar un rol que permita más que el suyo.
notice-member-forbidden = Su rol no lo permite.
notice-invitation-resent = La invitación se ha reenviado. El enlace anterior ya no funciona.
notice-invitation-revoked = La invitación se ha retirado.
notice-invitation-exists = Esta dirección ya está invitada. Reenvíe esa invitación.
notice-invitation-paused = Esta invitación acaba de enviarse. Espere cinco minutos antes de reenviarla.
notice-invitation-gone = Entretanto esta invitación se respondió o se retiró.
notice-workspace-renamed = El espacio de trabajo tiene su nuevo nombre.
notice-workspace-exists = Ya hay un espacio de trabajo con ese nombre. Elija otro.
notice-workspace-name = Escriba un nombre de 100 caracteres como máximo y, para las direcciones, minúsculas, cifras y guiones interiores.
notice-domain-added = El dominio se añadió. Ponga ahora su registro.
notice-domain-proved = El registro está ahí. El dominio está en uso.
notice-domain-absent = El registro aún no está. Puede tardar unos minutos.
notice-domain-different = Hay un registro, pero dice otra cosa. Compare el valor.
notice-domain-unanswered = Ningún servidor de nombres respondió. Inténtelo de nuevo.
notice-domain-taken = Este dominio, o uno por encima o por debajo, ya está en uso.
notice-domain-invalid = Escriba un dominio suyo, como auth.example.com.
notice-certificate-asked = Se ha pedido un certificado. Tarda unos segundos o algunos minutos.
notice-certificate-limit = Se han pedido certificados de este inquilino muchas veces hace un momento. Se intenta de nuevo por sí solo; pídalo otra vez en unos minutos.
notice-domain-limit = Este inquilino tiene tantos dominios como puede. Quite uno primero.
notice-domain-removed = El dominio se quitó.
notice-domain-primary = El nombre principal no se puede quitar.
notice-domain-gone = Este dominio se quitó mientras tanto.
notice-backup-no-place = Esta instancia aún no tiene lugar para archivos. Quien la opera debe indicar uno.
notice-backup-gone = Esa copia ya no se conserva.
notice-backup-under-way = Ya hay algo en curso. Esta página dice cómo va.
notice-backup-too-many = Se encargó tantas veces como se puede en un día. Inténtelo mañana.
notice-step-up-done = Gracias. Puede hacerlo durante los próximos cinco minutos.
notice-user-role-changed = Se ha cambiado su rol.
notice-user-role-empty = Un usuario tiene al menos un rol.
notice-user-banned = La persona está suspendida y sin sesiones abiertas.
notice-user-unbanned = La persona puede volver a iniciar sesión.
notice-user-session-ended = Se cerró esta sesión.
notice-user-sessions-ended = La persona ya no tiene sesiones abiertas.
notice-user-created = Se ha añadido la persona.
notice-user-exists = Alguien ya tiene esta dirección.
notice-user-passkey-removed = La persona ya no puede iniciar sesión con esa llave de acceso.
notice-user-passkey-gone = Esa llave de acceso de la persona ya se había eliminado.
notice-user-key-off = Los programas que usan esta clave se rechazan desde ahora.
notice-user-key-on = Los programas pueden volver a usar esta clave.
notice-user-key-gone = La persona ya no tiene esta clave.
notice-user-removed = Se eliminó el usuario.
notice-user-gone = Este usuario ya no existe.
notice-user-refused = El inquilino no aceptó esta acción. Vuelva a cargar la página e inténtelo de nuevo.
notice-user-act-reason = Diga por qué, en 3 a 200 caracteres.
notice-user-act-admin = Nadie actúa como administrador de la aplicación.
notice-user-act-banned = Nadie actúa como alguien que está suspendido.
notice-user-act-off = Actuar como otra persona está desactivado en los ajustes de este inquilino.
notice-settings-saved = Guardado. El inquilino lo aplica en un segundo.
notice-settings-meanwhile = Alguien cambió los ajustes entretanto. Mire abajo la versión más reciente e inténtelo de nuevo.
notice-provider-exists = Ya hay un servicio con este nombre. Cambie ese.
notice-provider-gone = Este servicio ya no existe.
notice-provider-removed = El servicio se quitó.
notice-mail-retried = Se intenta enviarlo ahora.
notice-mail-not-waiting = Este correo ya no espera.
notice-mail-lifted = Esta dirección vuelve a recibir correo.
notice-mail-not-suppressed = Esta dirección no estaba en la lista: recibe correo.
notice-isolation-tried = Se probó el aislamiento; abajo está lo que se encontró.
notice-isolation-busy = Ya se está probando. Vuelva a mirar en unos segundos.
notice-isolation-often = Se probó tantas veces como se puede en una hora. Inténtelo más tarde.
notice-isolation-resting = El inquilino no funciona, así que no hay nada que probar.
notice-unlocked = Ya puede volver a entrar.
notice-not-locked = Ningún límite bloquea aquí a nadie.
notice-network-kept-out = La red está bloqueada. Está en la lista de abajo.
notice-unlock-who = No es un correo electrónico ni una dirección IP.
notice-tenant-name = Un nombre tiene como máximo 63 minúsculas de a a z, cifras y guiones interiores, como shop.
notice-tenant-name-reserved = Este nombre está reservado. Elija otro.
notice-tenant-name-taken = Otro inquilino tiene o tuvo este nombre. Elija otro.
notice-key-revoked = La clave se revocó. Ya no abre nada.
notice-key-gone = Esta clave ya no está activa.
notice-key-name = Dé a la clave un nombre de 100 caracteres como máximo.
notice-key-scopes = Elija qué puede hacer la clave, y nada que usted no pueda.
notice-webhook-saved = Guardado. Lo que ocurra desde ahora se envía así.
notice-webhook-removed = El destino se quitó.
notice-webhook-exists = Ya hay un destino con este nombre. Elija otro nombre.
notice-webhook-gone = Este destino ya no existe.
notice-webhook-enabled = Lo que espera se envía ahora.
notice-webhook-replayed = Se envía de nuevo. Recargue la página en un momento para ver el resultado.
notice-webhook-not-replayed = No se puede enviar ahora: el destino no recibe nada, o el evento ya está en camino.
notice-view-saved = La vista está guardada.
notice-view-renamed = La vista tiene su nuevo nombre.
notice-view-deleted = La vista está eliminada.
notice-view-name = Dé a la vista un nombre de 60 caracteres como máximo.
notice-view-exists = Ya tiene una vista con este nombre.
notice-view-limit = No puede tener más vistas de este inquilino. Elimine una primero.
notice-view-gone = Esta vista ya no existe.
notice-engine-away = El inquilino no responde ahora mismo. Inténtelo de nuevo en unos segundos.
notice-cookies-blocked = Su navegador bloquea las cookies. Permítalas en esta página e inténtelo de nuevo.
notice-offline = Está sin conexión. Compruebe su conexión e inténtelo de nuevo.
notice-wrong-origin = Este formulario venía de otra página. Rellénelo aquí otra vez.
notice-captcha-failed = La comprobación contra el spam no ha funcionado. Inténtelo de nuevo.
notice-network-blocked = Su red está bloqueada aquí. Pruebe desde otra o pregunte a quien gestiona este sitio.
notice-maintenance = Estamos en mantenimiento. Inténtelo de nuevo en unos minutos.
notice-unexpected = Algo ha salido mal. Inténtelo de nuevo.

# Correo
mail-code-subject = { $code } es su código para { $app }
mail-code-verify-subject = { $code } confirma su correo para { $app }
mail-code-title = Su código de acceso
mail-code-verify-title = Confirme su correo electrónico
mail-code-lede = Escriba este código para iniciar sesión en { $app }:
mail-code-verify-lede = Escriba este código en { $app } para confirmar que esta dirección es suya:
mail-code-valid = { $minutes ->
    [one] Vale { $minutes } minuto y una sola vez.
   *[other] Vale { $minutes } minutos y una sola vez.
  }
mail-code-warning = No dé este código a nadie. Nuestro personal nunca lo pide.
mail-code-ignore = ¿No lo ha pedido? Entonces no tiene que hacer nada: sin el código nadie puede entrar.
mail-link-subject = Iniciar sesión en { $app }
mail-link-title = Su enlace de acceso
mail-link-lede = Abra este enlace para iniciar sesión en { $app }:
mail-link-valid-hours = { $hours ->
    [one] Es válido durante { $hours } hora y funciona una sola vez.
   *[other] Es válido durante { $hours } horas y funciona una sola vez.
  }
mail-link-ignore = No reenvíe este correo: quien abra el enlace inicia sesión como usted. ¿No lo ha pedido? Entonces no tiene que hacer nada.
mail-invitation-subject = { $inviter } le invita a { $workspace }
mail-invitation-title = Está invitado
mail-invitation-lede = { $inviter } le invita a trabajar en { $workspace } en { $app }. Abrir el enlace aún no hace nada; usted decide en su página.
mail-invitation-button = Ver la invitación
mail-invitation-ignore = Es solo para esta dirección. ¿No la esperaba? Entonces no tiene que hacer nada.
mail-link-valid-days = { $days ->
    [one] Vale { $days } día y una sola vez.
   *[other] Vale { $days } días y una sola vez.
  }
mail-delete-subject = Confirme que quiere eliminar su cuenta de { $app }
mail-delete-lede = Abra este enlace para eliminar su cuenta de { $app }. Todo lo que contiene se borrará para siempre.
mail-delete-ignore = ¿No lo ha pedido? Entonces otra persona ha iniciado sesión como usted: entre y cierre la sesión en los demás dispositivos.
mail-changed-subject = Su dirección de correo para { $app } ha cambiado
mail-changed-title = Su dirección de correo ha cambiado
mail-changed-lede = Ahora inicia sesión en { $app } con { $email }. Esta dirección ya no funciona allí.
mail-changed-advice = ¿No fue usted? Contacte de inmediato con el servicio de ayuda.
mail-deleted-subject = Su cuenta de { $app } ha sido eliminada
mail-deleted-lede = Se han borrado su cuenta de { $app } y todo lo que contenía.
mail-deleted-advice = ¿No lo ha pedido? Contacte de inmediato con el servicio de ayuda.
mail-account-linked-subject = Se vinculó una cuenta de { $provider } a su cuenta de { $app }
mail-account-linked-title = Se vinculó una cuenta
mail-account-linked-lede = Una cuenta de { $provider } ya puede entrar en su cuenta de { $app }.
mail-account-linked-advice = ¿No fue usted? Inicie sesión de inmediato, desvincule esa cuenta y cierre la sesión de todos los demás dispositivos.
mail-account-unlinked-subject = Se desvinculó una cuenta de { $provider } de su cuenta de { $app }
mail-account-unlinked-title = Se desvinculó una cuenta
mail-account-unlinked-lede = Una cuenta de { $provider } ya no puede entrar en su cuenta de { $app }.
mail-account-unlinked-advice = ¿No fue usted? Inicie sesión de inmediato, revise sus cuentas vinculadas y cierre la sesión de todos los demás dispositivos.
mail-passkey-added-subject = Se añadió una llave de acceso a su cuenta de { $app }
mail-passkey-added-title = Se añadió una llave de acceso
mail-passkey-added-lede = Una nueva llave de acceso puede entrar en su cuenta de { $app }.
mail-passkey-added-advice = ¿No fue usted? Inicie sesión de inmediato, elimine esta llave de acceso y cierre la sesión de todos los demás dispositivos.
mail-passkey-removed-subject = Se eliminó una llave de acceso de su cuenta de { $app }
mail-passkey-removed-title = Se eliminó una llave de acceso
mail-passkey-removed-lede = Una llave de acceso ya no puede entrar en su cuenta de { $app }.
mail-passkey-removed-advice = ¿No fue usted? Inicie sesión de inmediato, revise sus llaves de acceso y cierre la sesión de todos los demás dispositivos.
mail-passkey-removed-support-lede = El servicio de ayuda eliminó una llave de acceso de su cuenta de { $app }. Ya no puede entrar.
mail-recovery-subject = Alguien accedió a { $app } sin su llave de acceso
mail-recovery-title = Un acceso sin su llave de acceso
mail-recovery-lede = { $hours ->
    [one] Alguien accedió por correo a su cuenta de { $app }, aunque tiene llaves de acceso. Durante { $hours } hora no se pueden quitar.
   *[other] Alguien accedió por correo a su cuenta de { $app }, aunque tiene llaves de acceso. Durante { $hours } horas no se pueden quitar.
  }
mail-recovery-advice = ¿No fue usted? Acceda enseguida con su llave de acceso, quite las llaves de acceso que no conozca, cierre sesión en los demás dispositivos y revise su buzón.
mail-test-subject = Correo de prueba de { $app }
mail-test-title = El correo llega
mail-test-lede = El correo de { $app } llega a esta dirección.
mail-test-advice = Quien administra { $app } está probando su servidor de correo. No tiene que hacer nada.
mail-when-device = Ocurrió { $date } a las { $time } (UTC). Dispositivo: { $device }.
mail-when = Ocurrió { $date } a las { $time } (UTC).

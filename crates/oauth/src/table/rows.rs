//! The rows, by id.

use super::{API, CLAIMS, OPENID, ROW, Row, SCOPES, STANDARD};
use crate::{
    provider::{CallBody, ClientAuth, Mapping, ProfileCall, Traits},
    quirks,
};

pub(crate) const TABLE: &[Row] = &[
    Row {
        id: "apple",
        name: "Apple",
        authorization: "https://appleid.apple.com/auth/authorize",
        token: "https://appleid.apple.com/auth/token",
        revocation: "https://appleid.apple.com/auth/revoke",
        jwks: "https://appleid.apple.com/auth/keys",
        issuers: &["https://appleid.apple.com"],
        scopes: &["email", "name"],
        traits: Traits {
            response_type: "code id_token",
            authorization_parameters: &[("response_mode", "form_post")],
            nonce_may_be_hashed: true,
            profile_calls: &[],
            mapping: Mapping { quirk: Some(quirks::apple), ..CLAIMS },
            ..OPENID
        },
        ..ROW
    },
    Row {
        id: "atlassian",
        name: "Atlassian",
        authorization: "https://auth.atlassian.com/authorize",
        token: "https://auth.atlassian.com/oauth/token",
        userinfo: "https://api.atlassian.com/me",
        scopes: &["read:jira-user", "offline_access"],
        traits: Traits {
            authorization_parameters: &[("audience", "api.atlassian.com")],
            mapping: Mapping { subject: &["/account_id"], email_verified: "", ..CLAIMS },
            ..STANDARD
        },
        ..ROW
    },
    Row {
        id: "discord",
        name: "Discord",
        authorization: "https://discord.com/api/oauth2/authorize",
        token: "https://discord.com/api/oauth2/token",
        revocation: "https://discord.com/api/oauth2/token/revoke",
        userinfo: "https://discord.com/api/users/@me",
        scopes: &["identify", "email"],
        traits: Traits {
            // Whoever has agreed before is not asked again.
            authorization_parameters: &[("prompt", "none")],
            mapping: Mapping {
                email_verified: "/verified",
                name: &["/global_name", "/username"],
                quirk: Some(quirks::discord),
                ..API
            },
            ..STANDARD
        },
        ..ROW
    },
    Row {
        id: "dropbox",
        name: "Dropbox",
        authorization: "https://www.dropbox.com/oauth2/authorize",
        token: "https://api.dropboxapi.com/oauth2/token",
        userinfo: "https://api.dropboxapi.com/2/users/get_current_account",
        scopes: &["account_info.read"],
        traits: Traits {
            profile_calls: &[ProfileCall { body: CallBody::Empty, ..ProfileCall::GET }],
            mapping: Mapping {
                subject: &["/account_id"],
                name: &["/name/display_name"],
                image: &["/profile_photo_url"],
                ..CLAIMS
            },
            ..STANDARD
        },
        ..ROW
    },
    Row {
        id: "facebook",
        name: "Facebook",
        authorization: "https://www.facebook.com/v24.0/dialog/oauth",
        token: "https://graph.facebook.com/v24.0/oauth/access_token",
        userinfo: "https://graph.facebook.com/me?fields=id,name,email,picture",
        scopes: &["email", "public_profile"],
        traits: Traits { mapping: Mapping { image: &["/picture/data/url"], ..API }, ..STANDARD },
        ..ROW
    },
    Row {
        id: "figma",
        name: "Figma",
        authorization: "https://www.figma.com/oauth",
        token: "https://api.figma.com/v1/oauth/token",
        userinfo: "https://api.figma.com/v1/me",
        scopes: &["current_user:read"],
        traits: Traits {
            client_auth: ClientAuth::Basic,
            mapping: Mapping { name: &["/handle"], image: &["/img_url"], ..API },
            ..STANDARD
        },
        ..ROW
    },
    Row {
        id: "github",
        name: "GitHub",
        authorization: "https://github.com/login/oauth/authorize",
        token: "https://github.com/login/oauth/access_token",
        userinfo: "https://api.github.com/user",
        scopes: &["read:user", "user:email"],
        traits: Traits {
            // An app of GitHub's may lack the permission for the list.
            profile_calls: &[
                ProfileCall::GET,
                ProfileCall { suffix: "/emails", is_optional: true, ..ProfileCall::GET },
            ],
            mapping: Mapping {
                name: &["/name", "/login"],
                image: &["/avatar_url"],
                quirk: Some(quirks::github),
                ..API
            },
            ..STANDARD
        },
        ..ROW
    },
    Row {
        id: "gitlab",
        name: "GitLab",
        authorization: "https://gitlab.com/oauth/authorize",
        token: "https://gitlab.com/oauth/token",
        revocation: "https://gitlab.com/oauth/revoke",
        userinfo: "https://gitlab.com/api/v4/user",
        scopes: &["read_user"],
        traits: Traits {
            mapping: Mapping {
                email_verified: "/email_verified",
                name: &["/name", "/username"],
                image: &["/avatar_url"],
                quirk: Some(quirks::gitlab),
                ..API
            },
            ..STANDARD
        },
        ..ROW
    },
    Row {
        id: "google",
        name: "Google",
        authorization: "https://accounts.google.com/o/oauth2/v2/auth",
        token: "https://oauth2.googleapis.com/token",
        revocation: "https://oauth2.googleapis.com/revoke",
        jwks: "https://www.googleapis.com/oauth2/v3/certs",
        issuers: &["https://accounts.google.com", "accounts.google.com"],
        scopes: &["email", "profile", "openid"],
        traits: Traits {
            authorization_parameters: &[("include_granted_scopes", "true")],
            profile_calls: &[],
            ..OPENID
        },
        ..ROW
    },
    Row {
        id: "huggingface",
        name: "Hugging Face",
        authorization: "https://huggingface.co/oauth/authorize",
        token: "https://huggingface.co/oauth/token",
        userinfo: "https://huggingface.co/oauth/userinfo",
        scopes: SCOPES,
        ..ROW
    },
    Row {
        id: "kakao",
        name: "Kakao",
        authorization: "https://kauth.kakao.com/oauth/authorize",
        token: "https://kauth.kakao.com/oauth/token",
        userinfo: "https://kapi.kakao.com/v2/user/me",
        scopes: &["account_email", "profile_image", "profile_nickname"],
        traits: Traits {
            mapping: Mapping {
                email: "/kakao_account/email",
                email_verified: "/kakao_account/is_email_verified",
                name: &["/kakao_account/profile/nickname", "/kakao_account/name"],
                image: &[
                    "/kakao_account/profile/profile_image_url",
                    "/kakao_account/profile/thumbnail_image_url",
                ],
                quirk: Some(quirks::kakao),
                ..API
            },
            ..STANDARD
        },
        ..ROW
    },
    Row {
        id: "kick",
        name: "Kick",
        authorization: "https://id.kick.com/oauth/authorize",
        token: "https://id.kick.com/oauth/token",
        userinfo: "https://api.kick.com/public/v1/users",
        scopes: &["user:read"],
        traits: Traits {
            mapping: Mapping {
                subject: &["/data/0/user_id"],
                email: "/data/0/email",
                name: &["/data/0/name"],
                image: &["/data/0/profile_picture"],
                ..API
            },
            ..STANDARD
        },
        ..ROW
    },
    Row {
        id: "line",
        name: "LINE",
        authorization: "https://access.line.me/oauth2/v2.1/authorize",
        token: "https://api.line.me/oauth2/v2.1/token",
        // The userinfo endpoint tells no address; this one reads the ID token, which LINE signs with the client's secret.
        userinfo: "https://api.line.me/oauth2/v2.1/verify",
        scopes: SCOPES,
        traits: Traits {
            profile_calls: &[ProfileCall { body: CallBody::IdTokenForm, ..ProfileCall::GET }],
            mapping: Mapping { email_verified: "", ..CLAIMS },
            ..STANDARD
        },
        ..ROW
    },
    Row {
        id: "linear",
        name: "Linear",
        authorization: "https://linear.app/oauth/authorize",
        token: "https://api.linear.app/oauth/token",
        userinfo: "https://api.linear.app/graphql",
        scopes: &["read"],
        traits: Traits {
            profile_calls: &[ProfileCall {
                body: CallBody::Json(r#"{"query":"{ viewer { id name email avatarUrl } }"}"#),
                ..ProfileCall::GET
            }],
            mapping: Mapping {
                subject: &["/data/viewer/id"],
                email: "/data/viewer/email",
                name: &["/data/viewer/name"],
                image: &["/data/viewer/avatarUrl"],
                ..API
            },
            ..STANDARD
        },
        ..ROW
    },
    Row {
        id: "linkedin",
        name: "LinkedIn",
        authorization: "https://www.linkedin.com/oauth/v2/authorization",
        token: "https://www.linkedin.com/oauth/v2/accessToken",
        userinfo: "https://api.linkedin.com/v2/userinfo",
        scopes: &["profile", "email", "openid"],
        // PKCE there is another flow, for native clients without a secret.
        traits: Traits { pkce: false, ..STANDARD },
        ..ROW
    },
    Row {
        id: "microsoft",
        name: "Microsoft",
        authorization: "https://login.microsoftonline.com/common/oauth2/v2.0/authorize",
        token: "https://login.microsoftonline.com/common/oauth2/v2.0/token",
        jwks: "https://login.microsoftonline.com/common/discovery/v2.0/keys",
        issuers: &["https://login.microsoftonline.com/{tid}/v2.0"],
        scopes: &["openid", "profile", "email", "User.Read", "offline_access"],
        traits: Traits {
            profile_calls: &[],
            mapping: Mapping { subject: &["/oid"], quirk: Some(quirks::microsoft), ..CLAIMS },
            ..OPENID
        },
        ..ROW
    },
    Row {
        id: "naver",
        name: "Naver",
        authorization: "https://nid.naver.com/oauth2.0/authorize",
        token: "https://nid.naver.com/oauth2.0/token",
        userinfo: "https://openapi.naver.com/v1/nid/me",
        scopes: &["profile", "email"],
        traits: Traits {
            pkce: false,
            mapping: Mapping {
                subject: &["/response/id"],
                email: "/response/email",
                name: &["/response/name", "/response/nickname"],
                image: &["/response/profile_image"],
                ..API
            },
            ..STANDARD
        },
        ..ROW
    },
    Row {
        id: "notion",
        name: "Notion",
        authorization: "https://api.notion.com/v1/oauth/authorize",
        token: "https://api.notion.com/v1/oauth/token",
        userinfo: "https://api.notion.com/v1/users/me",
        traits: Traits {
            // Its API refuses members of a body that it does not know.
            pkce: false,
            client_auth: ClientAuth::Basic,
            authorization_parameters: &[("owner", "user")],
            profile_calls: &[ProfileCall {
                headers: &[("notion-version", "2022-06-28")],
                ..ProfileCall::GET
            }],
            mapping: Mapping {
                subject: &["/bot/owner/user/id"],
                email: "/bot/owner/user/person/email",
                name: &["/bot/owner/user/name"],
                image: &["/bot/owner/user/avatar_url"],
                ..API
            },
            ..STANDARD
        },
        ..ROW
    },
    Row {
        id: "paybin",
        name: "Paybin",
        authorization: "https://idp.paybin.io/oauth2/authorize",
        token: "https://idp.paybin.io/oauth2/token",
        userinfo: "https://idp.paybin.io/oauth2/userinfo",
        scopes: SCOPES,
        ..ROW
    },
    Row {
        id: "paypal",
        name: "PayPal",
        authorization: "https://www.paypal.com/signin/authorize",
        token: "https://api-m.paypal.com/v1/oauth2/token",
        userinfo: "https://api-m.paypal.com/v1/identity/oauth2/userinfo?schema=paypalv1.1",
        traits: Traits {
            client_auth: ClientAuth::Basic,
            mapping: Mapping { subject: &["/user_id"], ..CLAIMS },
            ..STANDARD
        },
        ..ROW
    },
    Row {
        id: "polar",
        name: "Polar",
        authorization: "https://polar.sh/oauth2/authorize",
        token: "https://api.polar.sh/v1/oauth2/token",
        userinfo: "https://api.polar.sh/v1/oauth2/userinfo",
        scopes: SCOPES,
        traits: Traits {
            mapping: Mapping {
                // Better Auth's rows have the id, where there is one.
                subject: &["/id", "/sub"],
                name: &["/public_name", "/username", "/name"],
                image: &["/avatar_url"],
                ..CLAIMS
            },
            ..STANDARD
        },
        ..ROW
    },
    Row {
        id: "railway",
        name: "Railway",
        authorization: "https://backboard.railway.com/oauth/auth",
        token: "https://backboard.railway.com/oauth/token",
        userinfo: "https://backboard.railway.com/oauth/me",
        scopes: SCOPES,
        traits: Traits {
            client_auth: ClientAuth::Basic,
            mapping: Mapping { email_verified: "", ..CLAIMS },
            ..STANDARD
        },
        ..ROW
    },
    Row {
        id: "reddit",
        name: "Reddit",
        authorization: "https://www.reddit.com/api/v1/authorize",
        token: "https://www.reddit.com/api/v1/access_token",
        revocation: "https://www.reddit.com/api/v1/revoke_token",
        userinfo: "https://oauth.reddit.com/api/v1/me",
        scopes: &["identity"],
        traits: Traits {
            pkce: false,
            client_auth: ClientAuth::Basic,
            mapping: Mapping { email: "", image: &["/icon_img"], quirk: Some(quirks::reddit), ..API },
            placeholder_domain: Some("reddit"),
            ..STANDARD
        },
        ..ROW
    },
    Row {
        id: "roblox",
        name: "Roblox",
        authorization: "https://apis.roblox.com/oauth/v1/authorize",
        token: "https://apis.roblox.com/oauth/v1/token",
        userinfo: "https://apis.roblox.com/oauth/v1/userinfo",
        scopes: &["openid", "profile"],
        traits: Traits {
            authorization_parameters: &[("prompt", "select_account consent")],
            mapping: Mapping { email: "", name: &["/nickname", "/preferred_username"], ..CLAIMS },
            placeholder_domain: Some("roblox"),
            ..STANDARD
        },
        ..ROW
    },
    Row {
        id: "salesforce",
        name: "Salesforce",
        authorization: "https://login.salesforce.com/services/oauth2/authorize",
        token: "https://login.salesforce.com/services/oauth2/token",
        userinfo: "https://login.salesforce.com/services/oauth2/userinfo",
        scopes: SCOPES,
        traits: Traits {
            mapping: Mapping {
                subject: &["/user_id"],
                image: &["/photos/picture", "/photos/thumbnail"],
                ..CLAIMS
            },
            ..STANDARD
        },
        ..ROW
    },
    Row {
        id: "slack",
        name: "Slack",
        authorization: "https://slack.com/openid/connect/authorize",
        token: "https://slack.com/api/openid.connect.token",
        userinfo: "https://slack.com/api/openid.connect.userInfo",
        revocation: "",
        jwks: "https://slack.com/openid/connect/keys",
        issuers: &["https://slack.com"],
        scopes: &["openid", "profile", "email"],
        traits: Traits {
            pkce: false,
            mapping: Mapping {
                subject: &["/https:~1~1slack.com~1user_id"],
                image: &["/picture", "/https:~1~1slack.com~1user_image_512"],
                ..CLAIMS
            },
            ..OPENID
        },
    },
    Row {
        id: "spotify",
        name: "Spotify",
        authorization: "https://accounts.spotify.com/authorize",
        token: "https://accounts.spotify.com/api/token",
        userinfo: "https://api.spotify.com/v1/me",
        scopes: &["user-read-email"],
        traits: Traits {
            mapping: Mapping { name: &["/display_name"], image: &["/images/0/url"], ..API },
            ..STANDARD
        },
        ..ROW
    },
    Row {
        id: "tiktok",
        name: "TikTok",
        authorization: "https://www.tiktok.com/v2/auth/authorize",
        token: "https://open.tiktokapis.com/v2/oauth/token/",
        userinfo: "https://open.tiktokapis.com/v2/user/info/?fields=open_id,avatar_large_url,display_name,username",
        scopes: &["user.info.profile"],
        traits: Traits {
            pkce: false,
            scope_separator: ",",
            client_id_parameter: "client_key",
            mapping: Mapping {
                subject: &["/data/user/open_id"],
                email: "",
                name: &["/data/user/display_name", "/data/user/username"],
                image: &["/data/user/avatar_large_url"],
                ..API
            },
            placeholder_domain: Some("tiktok"),
            ..STANDARD
        },
        ..ROW
    },
    Row {
        id: "twitch",
        name: "Twitch",
        authorization: "https://id.twitch.tv/oauth2/authorize",
        token: "https://id.twitch.tv/oauth2/token",
        jwks: "https://id.twitch.tv/oauth2/keys",
        issuers: &["https://id.twitch.tv/oauth2"],
        scopes: &["user:read:email", "openid"],
        traits: Traits {
            pkce: false,
            authorization_parameters: &[(
                "claims",
                r#"{"id_token":{"email":null,"email_verified":null,"preferred_username":null,"picture":null}}"#,
            )],
            profile_calls: &[],
            mapping: Mapping { name: &["/preferred_username"], ..CLAIMS },
            ..OPENID
        },
        ..ROW
    },
    Row {
        id: "twitter",
        name: "X",
        authorization: "https://x.com/i/oauth2/authorize",
        token: "https://api.x.com/2/oauth2/token",
        revocation: "https://api.x.com/2/oauth2/revoke",
        userinfo: "https://api.x.com/2/users/me",
        scopes: &["users.read", "tweet.read", "offline.access", "users.email"],
        traits: Traits {
            client_auth: ClientAuth::Basic,
            // An app may lack the permission for addresses.
            profile_calls: &[
                ProfileCall { suffix: "?user.fields=profile_image_url", ..ProfileCall::GET },
                ProfileCall { suffix: "?user.fields=confirmed_email", is_optional: true, ..ProfileCall::GET },
            ],
            mapping: Mapping {
                subject: &["/data/id"],
                email: "",
                name: &["/data/name", "/data/username"],
                image: &["/data/profile_image_url"],
                quirk: Some(quirks::twitter),
                ..API
            },
            placeholder_domain: Some("twitter"),
            ..STANDARD
        },
        ..ROW
    },
    Row {
        id: "vercel",
        name: "Vercel",
        authorization: "https://vercel.com/oauth/authorize",
        token: "https://api.vercel.com/login/oauth/token",
        userinfo: "https://api.vercel.com/login/oauth/userinfo",
        scopes: SCOPES,
        ..ROW
    },
    Row {
        id: "vk",
        name: "VK",
        authorization: "https://id.vk.com/authorize",
        token: "https://id.vk.com/oauth2/auth",
        userinfo: "https://id.vk.com/oauth2/user_info",
        scopes: &["email", "phone"],
        traits: Traits {
            profile_calls: &[ProfileCall { body: CallBody::TokenForm, ..ProfileCall::GET }],
            mapping: Mapping {
                subject: &["/user/user_id"],
                email: "/user/email",
                image: &["/user/avatar"],
                quirk: Some(quirks::vk),
                ..API
            },
            ..STANDARD
        },
        ..ROW
    },
    Row {
        id: "zoom",
        name: "Zoom",
        authorization: "https://zoom.us/oauth/authorize",
        token: "https://zoom.us/oauth/token",
        revocation: "https://zoom.us/oauth/revoke",
        userinfo: "https://api.zoom.us/v2/users/me",
        traits: Traits {
            mapping: Mapping {
                name: &["/display_name"],
                image: &["/pic_url"],
                quirk: Some(quirks::zoom),
                ..API
            },
            ..STANDARD
        },
        ..ROW
    },
];

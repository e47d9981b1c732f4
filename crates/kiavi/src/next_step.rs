//! What to do about a refusal, where the instance's own words do not say it: its API is not only for this program.

/// The next step after a problem with this code, as a sentence.
pub(crate) fn next_step(code: &str) -> Option<&'static str> {
    Some(match code {
        "tenant_not_found" => "kiavi tenant list shows the names.",
        "workspace_not_found" => "kiavi workspace list shows the names.",
        "key_not_found" => "kiavi api-key list shows the ids.",
        "member_not_found" | "invitation_not_found" => "kiavi member list shows who is there.",
        "hostname_not_found" | "domain_not_found" => "kiavi tenant domain list TENANT shows the names.",
        "certificate_not_found" => "kiavi certificate list TENANT shows them.",
        "settings_version_not_found" => "kiavi settings versions TENANT shows them.",
        "USER_NOT_FOUND" => "kiavi user list TENANT shows the users.",
        "WEBHOOK_ENDPOINT_NOT_FOUND" => "kiavi webhook list TENANT shows the endpoints.",
        "WEBHOOK_DELIVERY_NOT_FOUND" => "kiavi webhook deliveries TENANT shows them.",
        "tenant_running" => "kiavi tenant show TENANT tells its state.",
        "tenant_importing" => "kiavi tenant show TENANT tells how far it is.",
        "tenant_deleting" => "Wait until it is gone, or take another name.",
        "member_exists" => "kiavi member set-role gives them another role.",
        "settings_changed" => "Run the command again.",
        _ => return None,
    })
}

/// A refusal and what to do about it, in one text.
pub(crate) fn with_next_step(detail: &str, code: &str) -> String {
    let end = if detail.ends_with(['.', '!', '?', ':']) { "" } else { "." };
    match next_step(code) {
        Some(step) => format!("{detail}{end} {step}"),
        None => detail.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn what_is_not_there_can_be_looked_for() {
        let text = with_next_step("User not found", "USER_NOT_FOUND");
        assert_eq!(text, "User not found. kiavi user list TENANT shows the users.");
        assert_eq!(with_next_step("Choose another name.", "tenant_exists"), "Choose another name.");
    }

    #[test]
    fn every_command_that_is_named_is_one() {
        let codes = [
            "tenant_not_found",
            "workspace_not_found",
            "key_not_found",
            "member_not_found",
            "hostname_not_found",
            "settings_version_not_found",
            "USER_NOT_FOUND",
            "WEBHOOK_ENDPOINT_NOT_FOUND",
            "WEBHOOK_DELIVERY_NOT_FOUND",
            "tenant_running",
            "tenant_importing",
            "member_exists",
        ];
        for code in codes {
            let words = next_step(code).unwrap().split(' ').skip(1);
            let mut command = &crate::Cli::command();
            let found = words
                .map_while(|word| {
                    command.find_subcommand(word).cloned().map(|next| {
                        command = Box::leak(Box::new(next));
                    })
                })
                .count();
            assert!(found >= 2, "{code}");
        }
    }
}

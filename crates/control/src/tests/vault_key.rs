//! Which master key the vault has is in the log.

use kiavi_vault::{MasterKey, Rotation};

use super::*;

impl Instance {
    /// What the log tells of the vault's key, the oldest first.
    async fn told_keys(&self) -> Vec<Value> {
        let question = "SELECT detail FROM audit_event WHERE subject = 'vault' AND type = 'vault.key_changed' ORDER BY id";
        self.database.admin().await.query(question, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
    }

    /// The same command as an operator's, while nothing runs.
    fn rotate_vault_key(&self) -> String {
        let rotation = Rotation::begin(&self.folder).unwrap();
        let file = rotation.key_file().unwrap();
        let (candidates, new) = (file.candidates().unwrap(), file.successor(&SystemRng).unwrap());
        let id = MasterKey::id(&new);
        rotation.run(candidates, new, &SystemRng).unwrap();
        file.settle(id).unwrap();
        id.to_string()
    }
}

#[tokio::test]
async fn a_start_with_another_key_than_before_is_an_event_and_any_other_start_is_none() {
    let instance = Instance::new().await;
    drop(instance.start().await);
    drop(instance.start().await);
    let told = instance.told_keys().await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0]["before"], Value::Null);
    let key = instance.rotate_vault_key();
    drop(instance.start().await);
    drop(instance.start().await);
    let told = instance.told_keys().await;
    assert_eq!(told[1..], [json!({ "key": key, "before": told[0]["key"] })]);
}

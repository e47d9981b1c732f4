//! What an engine was ended for is in both logs.

use kiavi_ipc::survey::FailureKind;

use super::*;

async fn told(instance: &Instance, tenant: &TenantId) -> Vec<(Value, String)> {
    let login = Login::new(SUPERUSER, tenant.as_str());
    let inside = AdminConnection::connect(&*instance.database.connector(), &login).await.unwrap();
    let rows = inside
        .query("SELECT detail, id FROM told WHERE kind = 'engine.failed' ORDER BY id", &[])
        .await
        .unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

#[tokio::test]
async fn an_engine_that_had_no_memory_left_is_told_of_in_both_logs_under_one_id() {
    let instance = Instance::new().await;
    let control = instance.start().await;
    let shop = instance.tenant(&control, "shop").await;
    control.engine_failed(&shop.id, FailureKind::OutOfMemory).await;
    control.engine_failed(&shop.id, FailureKind::ForbiddenCall).await;
    let told = told(&instance, &shop.id).await;
    let reasons: Vec<_> = told.iter().map(|(detail, _)| detail["reason"].clone()).collect();
    assert_eq!(reasons, [json!("out_of_memory"), json!("forbidden_call")]);
    let own = "SELECT id::text, outcome, actor, detail FROM audit_event
        WHERE type = 'engine.failed' AND subject = $1 ORDER BY id";
    let rows = instance.database.admin().await.query(own, &[&shop.id.as_str()]).await.unwrap();
    assert_eq!(rows.len(), 2);
    for (row, (detail, id)) in rows.iter().zip(&told) {
        assert_eq!((&row.get::<_, String>(0), &row.get::<_, Value>(3)), (id, detail));
        assert_eq!((row.get::<_, &str>(1), row.get::<_, &str>(2)), ("failure", "control"));
    }
}

#[tokio::test]
async fn the_engine_of_a_tenant_that_is_gone_is_told_of_nowhere() {
    let instance = Instance::new().await;
    let control = instance.start().await;
    control.engine_failed(&TenantId::random(&SystemRng), FailureKind::OutOfMemory).await;
    let count = "SELECT count(*) FROM audit_event WHERE type = 'engine.failed'";
    let rows = instance.database.admin().await.query(count, &[]).await.unwrap();
    assert_eq!(rows[0].get::<_, i64>(0), 0);
}

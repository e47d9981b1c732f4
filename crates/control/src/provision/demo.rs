//! People who never were, for development: the tenant's owner writes them, and nothing that is served can ask for it.

use kiavi_db::quote_ident;

use super::{postgres, secret};
use crate::{Control, DemoMade, DemoOrder, Failure, Tenant, tenant::owner_role};

impl Control {
    /// Fills a tenant with made-up people and a made-up past, of which its log says that it is.
    ///
    /// # Errors
    /// Those of the statements and of the vault; then nothing has changed.
    pub async fn populate(&self, tenant: &Tenant, order: DemoOrder) -> Result<DemoMade, Failure> {
        let (parts, id) = (self.parts(), &tenant.id);
        let secret = secret::current(self, tenant).await?;
        let inside = postgres::connect_to(self, id.as_str()).await?;
        inside.batch_execute(&format!("SET ROLE {}", quote_ident(&owner_role(id)))).await?;
        let made = parts.schema.populate(&inside, &secret, order, parts.clock.now()).await?;
        parts.privileged.log_written(id).await;
        Ok(made)
    }
}

//! Direct changes of the server's database, for states that a test could not reach quickly enough, such as an expired
//! token or 1000 tokens.

use serde_json::Value;
use sqlx::AnyPool;

use super::Server;

/// Changes the stored form of the token with this public id.
pub(crate) fn rewrite_token(server: &Server, key: &str, rewrite: impl Fn(&mut Value)) {
    run(server, async |pool| {
        let (stored,): (String,) = sqlx::query_as("SELECT stored FROM tokens WHERE token_key = $1")
            .bind(key.to_owned())
            .fetch_one(&pool)
            .await
            .unwrap();
        let mut stored: Value = serde_json::from_str(&stored).unwrap();
        rewrite(&mut stored);
        let done = sqlx::query("UPDATE tokens SET stored = $2 WHERE token_key = $1")
            .bind(key.to_owned())
            .bind(stored.to_string())
            .execute(&pool)
            .await
            .unwrap();
        assert_eq!(done.rows_affected(), 1);
    });
}

/// Changes the stored forms of the tokens of this user.
pub(crate) fn rewrite_tokens_of(server: &Server, user: &str, mut rewrite: impl FnMut(&mut Value)) {
    run(server, async |pool| {
        let rows: Vec<(String, String)> = sqlx::query_as("SELECT token_key, stored FROM tokens WHERE user_name = $1")
            .bind(user.to_owned())
            .fetch_all(&pool)
            .await
            .unwrap();
        for (key, stored) in rows {
            let mut stored: Value = serde_json::from_str(&stored).unwrap();
            rewrite(&mut stored);
            sqlx::query("UPDATE tokens SET stored = $2 WHERE token_key = $1")
                .bind(key)
                .bind(stored.to_string())
                .execute(&pool)
                .await
                .unwrap();
        }
    });
}

/// Makes the logins that have begun as many seconds older.
pub(crate) fn age_logins(server: &Server, seconds: i64) {
    run(server, async |pool| {
        sqlx::query("UPDATE logins SET started = started - $1").bind(seconds).execute(&pool).await.unwrap();
    });
}

/// Makes the invitations of this user as many days older.
pub(crate) fn age_invitations(server: &Server, user: &str, days: i64) {
    run(server, async |pool| {
        sqlx::query("UPDATE invitations SET invited = invited - $2 WHERE user_name = $1")
            .bind(user.to_owned())
            .bind(days * 24 * 60 * 60)
            .execute(&pool)
            .await
            .unwrap();
    });
}

/// Invites new users to an organization, with accounts that cannot log in.
pub(crate) fn invite_many(server: &Server, organization: &str, owner: &str, times: usize) {
    run(server, async |pool| {
        let mut tx = pool.begin().await.unwrap();
        for number in 0..times {
            let name = format!("invited-{number}");
            for statement in [
                "INSERT INTO names (name, kind) VALUES ($1, 'user')",
                "INSERT INTO users (name, status, two_factor, password_hash, profile, created, updated) \
                 SELECT $1, status, 'disabled', '', '{}', created, updated FROM users WHERE name = $2",
                "INSERT INTO invitations (organization, user_name, role, invited_by, invited) \
                 VALUES ($3, $1, 'member', $2, 4102444800)",
            ] {
                let statement = sqlx::query(statement).bind(name.clone());
                statement.bind(owner.to_owned()).bind(organization.to_owned()).execute(&mut *tx).await.unwrap();
            }
        }
        tx.commit().await.unwrap();
    });
}

/// Inserts copies of a granular token, each with its own id, name and digest. There is no text with such a digest, so
/// the copies cannot be used.
pub(crate) fn multiply_token(server: &Server, key: &str, times: usize) {
    run(server, async |pool| {
        let (user, hint, stored, created): (String, String, String, String) =
            sqlx::query_as("SELECT user_name, hint, stored, created FROM tokens WHERE token_key = $1")
                .bind(key.to_owned())
                .fetch_one(&pool)
                .await
                .unwrap();
        let mut tx = pool.begin().await.unwrap();
        for number in 0..times {
            let mut stored: Value = serde_json::from_str(&stored).unwrap();
            let key = format!("{number:032x}");
            stored["key"] = key.clone().into();
            stored["granular"]["name"] = format!("copy {number}").into();
            sqlx::query(
                "INSERT INTO tokens (digest, token_key, user_name, hint, stored, revoked, created) \
                 VALUES ($1, $2, $3, $4, $5, 0, $6)",
            )
            .bind(format!("{number:064x}"))
            .bind(key)
            .bind(user.clone())
            .bind(hint.clone())
            .bind(stored.to_string())
            .bind(created.clone())
            .execute(&mut *tx)
            .await
            .unwrap();
        }
        tx.commit().await.unwrap();
    });
}

/// **The permission to write** to the server's SQLite file, taken by another process.
pub(crate) struct WriteLock {
    runtime: tokio::runtime::Runtime,
    transaction: sqlx::Transaction<'static, sqlx::Any>,
}

impl WriteLock {
    pub(crate) fn take(server: &Server) -> Self {
        let runtime = runtime();
        let transaction = runtime.block_on(async {
            let pool = AnyPool::connect(&server.database_url()).await.unwrap();
            pool.begin_with("BEGIN IMMEDIATE").await.unwrap()
        });
        Self { runtime, transaction }
    }

    pub(crate) fn release(self) {
        self.runtime.block_on(self.transaction.rollback()).unwrap();
    }
}

fn runtime() -> tokio::runtime::Runtime {
    sqlx::any::install_default_drivers();
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

fn run(server: &Server, work: impl AsyncFnOnce(AnyPool)) {
    runtime().block_on(async {
        let pool = AnyPool::connect(&server.database_url()).await.unwrap();
        work(pool.clone()).await;
        pool.close().await;
    });
}

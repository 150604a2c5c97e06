//! Values on their way to the server and back, in its binary form.

use std::error::Error;

use tokio_postgres::types::private::BytesMut;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type};

use crate::db::Value;

type Surprise = Box<dyn Error + Sync + Send>;

impl ToSql for Value {
    /// Writes the value in the type that the server expects there; a value of another kind is refused.
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Surprise> {
        match (self, ty) {
            (Self::Null, _) => Ok(IsNull::Yes),
            (Self::Int(int), &Type::INT8) => int.to_sql(ty, out),
            (Self::Int(int), &Type::INT4) => i32::try_from(*int)?.to_sql(ty, out),
            (Self::Real(real), &Type::FLOAT8) => real.to_sql(ty, out),
            (Self::Text(text), &Type::TEXT | &Type::VARCHAR) => text.to_sql(ty, out),
            (Self::Bytes(bytes), &Type::BYTEA) => bytes.to_sql(ty, out),
            (Self::Int(_) | Self::Real(_) | Self::Text(_) | Self::Bytes(_), _) => {
                Err(format!("{} was given where the server expects {ty}", self.describe()).into())
            }
        }
    }

    /// Every type, so that a null fits anywhere; [`Value::to_sql`] refuses what does not.
    fn accepts(_: &Type) -> bool {
        true
    }

    fn to_sql_checked(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Surprise> {
        self.to_sql(ty, out)
    }
}

impl FromSql<'_> for Value {
    fn from_sql(ty: &Type, raw: &[u8]) -> Result<Self, Surprise> {
        match *ty {
            Type::INT8 => i64::from_sql(ty, raw).map(Self::Int),
            Type::INT4 => i32::from_sql(ty, raw).map(|int| Self::Int(int.into())),
            Type::FLOAT8 => f64::from_sql(ty, raw).map(Self::Real),
            Type::TEXT | Type::VARCHAR | Type::NAME => {
                <&str>::from_sql(ty, raw).map(|t| Self::Text(t.to_owned()))
            }
            Type::BYTEA => Ok(Self::Bytes(raw.to_vec())),
            _ => Err(format!("the server gives a {ty}, which no column of a library is: cast it").into()),
        }
    }

    fn from_sql_null(_: &Type) -> Result<Self, Surprise> {
        Ok(Self::Null)
    }

    /// Every type, so that the error of [`Value::from_sql`] says what to do.
    fn accepts(_: &Type) -> bool {
        true
    }
}

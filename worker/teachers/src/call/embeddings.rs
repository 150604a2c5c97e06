//! Vectors from an embedder, checked before anyone compares with them.

use hafs_proto::Usage;

use super::failure::CallFailure;

/// One vector for each text, in order, all of the same length and finite.
#[derive(Debug, Clone, PartialEq)]
pub struct Embeddings {
    /// The vectors.
    pub vectors: Vec<Vec<f32>>,
    /// Their length; 0 only for no texts.
    pub dims: usize,
    /// Tokens.
    pub usage: Usage,
    /// The model id that the provider says it served.
    pub served_model: Option<String>,
}

impl Embeddings {
    /// Checks what a provider answered for `texts` texts.
    pub(crate) fn checked(
        vectors: Vec<Vec<f32>>,
        texts: usize,
        usage: Usage,
        served_model: Option<String>,
    ) -> Result<Self, CallFailure> {
        if vectors.len() != texts {
            let got = vectors.len();
            return Err(CallFailure::invalid(format!("the provider gave {got} vectors for {texts} texts")));
        }
        let dims = vectors.first().map_or(0, Vec::len);
        let usable = |vector: &Vec<f32>| {
            vector.len() == dims && vector.iter().all(|x| x.is_finite()) && vector.iter().any(|x| *x != 0.0)
        };
        if let Some(bad) = vectors.iter().position(|vector| !usable(vector)) {
            return Err(CallFailure::invalid(format!(
                "vector {bad} of {texts} is empty, zero, not finite or not of {dims} numbers like the first"
            )));
        }
        Ok(Self { vectors, dims, usage, served_model })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_ragged_zero_and_infinite_vectors_are_refused() {
        let check = |vectors: Vec<Vec<f32>>| Embeddings::checked(vectors, 2, Usage::default(), None);
        assert!(check(vec![vec![1.0], vec![0.5]]).is_ok());
        for bad in [
            vec![vec![1.0]],
            vec![vec![1.0], vec![]],
            vec![vec![1.0], vec![0.0]],
            vec![vec![1.0], vec![f32::NAN]],
            vec![vec![], vec![]],
        ] {
            assert!(check(bad.clone()).is_err(), "{bad:?}");
        }
    }
}

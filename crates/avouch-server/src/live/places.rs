//! How many watch at a time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::error::{ApiError, ApiResult};

/// Watchers at a time.
const ALL: usize = 256;
/// Watchers of one name: tabs of a browser, screens on a wall.
const OF_ONE: usize = 32;

/// Places of watchers by name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Places(Arc<Mutex<HashMap<String, usize>>>);

/// A place that is free again when this goes.
#[derive(Debug)]
pub(crate) struct Place {
    places: Places,
    name: String,
}

impl Places {
    /// Takes a place.
    ///
    /// # Errors
    /// 503 when there is none.
    pub(crate) fn take(&self, name: &str) -> ApiResult<Place> {
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.values().sum::<usize>() >= ALL {
            return Err(ApiError::busy("busy", format!("{ALL} watch already"), 10));
        }
        let of_one = taken.entry(name.to_owned()).or_default();
        if *of_one >= OF_ONE {
            let message = format!("`{name}` watches {OF_ONE} times already");
            return Err(ApiError::busy("busy", message, 10).hint("close a tab"));
        }
        *of_one += 1;
        Ok(Place { places: self.clone(), name: name.to_owned() })
    }

    /// Places that are taken.
    #[cfg(test)]
    fn taken(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).values().sum()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(n) = taken.get_mut(&self.name) {
            *n -= 1;
            if *n == 0 {
                taken.remove(&self.name);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_bounded_by_name_and_in_all_and_come_back() {
        let places = Places::default();
        let mut kept = Vec::new();
        for n in 0..ALL / OF_ONE {
            for _ in 0..OF_ONE {
                kept.push(places.take(&n.to_string()).unwrap());
            }
            assert!(places.take(&n.to_string()).is_err());
        }
        assert_eq!(places.taken(), ALL);
        assert!(places.take("another").is_err());
        kept.pop();
        assert!(places.take("another").is_ok());
        kept.clear();
        assert_eq!((places.taken(), places.0.lock().unwrap().len()), (0, 0));
    }
}

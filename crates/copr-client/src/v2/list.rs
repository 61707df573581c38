//! Lists of resources, which come in parts.

use futures::{Stream, TryStreamExt, stream};
use serde_json::{Map, Value};
use std::ops::Deref;

use super::resource::{Entity, Links, Resource};
use super::{Client, Error, call};
use crate::call::Call;

/// A list, or a part of one. It can be used as a slice.
#[derive(Clone, Debug)]
pub struct List<E> {
    items: Vec<Resource<E>>,
    links: Links,
    client: Client,
    /// Without its paging; none for lists that always are whole.
    behind: Option<Behind>,
}

/// What to ask for next.
#[derive(Clone, Debug)]
struct Behind {
    call: Call,
    limit: Option<u64>,
    offset: u64,
}

impl<E: Entity> List<E> {
    /// A list that has no parts.
    pub(super) async fn whole(client: &Client, call: Call) -> Result<Self, Error> {
        Self::read(client, &call, None).await
    }

    /// The part of a list that a limit and an offset say.
    pub(super) async fn part(
        client: &Client,
        call: Call,
        limit: Option<u64>,
        offset: Option<u64>,
    ) -> Result<Self, Error> {
        let asked = call.clone().query_if("limit", limit).query_if("offset", offset);
        Self::read(client, &asked, Some(Behind { call, limit, offset: offset.unwrap_or(0) })).await
    }

    async fn read(client: &Client, call: &Call, behind: Option<Behind>) -> Result<Self, Error> {
        let mut answer: Map<String, Value> = call::read(call).await?;
        let url = call.told_url();
        let items = Resource::several(client, &url, answer.remove(E::MANY))?;
        let links = answer.remove("_links").unwrap_or_else(|| Value::Object(Map::new()));
        let links = serde_json::from_value(links).map_err(|source| Error::Unexpected { url, source })?;
        let came = items.len() as u64;
        let behind = behind.filter(|_| came > 0).map(|behind| Behind { offset: behind.offset + came, ..behind });
        Ok(Self { items, links, client: client.clone(), behind })
    }

    /// What comes behind it, asked for in the same way; none at the end.
    ///
    /// However many were asked for: it begins where this part ends. The end is known by a part that has nothing, as the
    /// service may give fewer than were asked for.
    pub async fn next_page(&self) -> Result<Option<Self>, Error> {
        let Some(behind) = &self.behind else { return Ok(None) };
        let next = behind.clone().fetched(&self.client).await?;
        Ok(Some(next).filter(|next| !next.items.is_empty()))
    }

    /// Everything in it and behind it, which is fetched when it is needed.
    pub fn into_stream(self) -> impl Stream<Item = Result<Resource<E>, Error>> {
        let parts = stream::try_unfold((Some(self), None::<(Behind, Client)>), |(part, behind)| async {
            let part = match (part, behind) {
                (Some(part), _) => part,
                (None, Some((behind, client))) => behind.fetched(&client).await?,
                (None, None) => return Ok::<_, Error>(None),
            };
            let behind = part.behind.map(|behind| (behind, part.client));
            Ok(Some((stream::iter(part.items.into_iter().map(Ok)), (None, behind))))
        });
        parts.try_flatten()
    }
}

impl Behind {
    async fn fetched<E: Entity>(self, client: &Client) -> Result<List<E>, Error> {
        List::part(client, self.call, self.limit, Some(self.offset)).await
    }
}

impl<E> List<E> {
    /// What leads to others.
    pub fn links(&self) -> &Links {
        &self.links
    }
}

impl<E> Deref for List<E> {
    type Target = [Resource<E>];

    fn deref(&self) -> &[Resource<E>] {
        &self.items
    }
}

impl<E> IntoIterator for List<E> {
    type Item = Resource<E>;
    type IntoIter = std::vec::IntoIter<Resource<E>>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.into_iter()
    }
}

impl<'l, E> IntoIterator for &'l List<E> {
    type Item = &'l Resource<E>;
    type IntoIter = std::slice::Iter<'l, Resource<E>>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.iter()
    }
}

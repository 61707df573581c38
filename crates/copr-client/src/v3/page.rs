//! Lists that come in pages.

use futures::{Stream, TryStreamExt, stream};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::Error;
use super::call::Call;

/// Which part of a list is wanted, and in which order. Everything, in the service's order, unless told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Paging {
    limit: Option<u64>,
    offset: Option<u64>,
    order: Option<String>,
    direction: Option<Direction>,
}

/// The direction of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// The smallest first.
    Ascending,
    /// The largest first.
    Descending,
}

impl Direction {
    /// As it is in the API.
    fn word(self) -> &'static str {
        match self {
            Self::Ascending => "ASC",
            Self::Descending => "DESC",
        }
    }
}

impl Paging {
    /// At most so many at once. 0 is without a limit.
    pub fn limit(number: u64) -> Self {
        Self { limit: Some(number), ..Self::default() }
    }

    /// Sets how many are skipped.
    pub fn offset(mut self, number: u64) -> Self {
        self.offset = Some(number);
        self
    }

    /// Sets by which member they are ordered: `id` everywhere, `name` for projects and packages. Builds always come
    /// newest first.
    pub fn order(mut self, member: impl Into<String>, direction: Direction) -> Self {
        self.order = Some(member.into());
        self.direction = Some(direction);
        self
    }

    fn asked_of(&self, call: Call) -> Call {
        call.query_if("limit", self.limit)
            .query_if("offset", self.offset)
            .query_if("order", self.order.as_deref())
            .query_if("order_type", self.direction.map(Direction::word))
    }
}

/// Which part of a list this is, in the service's words.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct Meta {
    /// At most so many were asked for; `None` is everything.
    #[serde(default)]
    pub limit: Option<u64>,
    /// So many were skipped.
    #[serde(default)]
    pub offset: Option<u64>,
    /// The member by which they are ordered.
    #[serde(default)]
    pub order: Option<String>,
    /// `ASC` or `DESC`.
    #[serde(default)]
    pub order_type: Option<String>,
    /// What else there is.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// A part of a list.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// What is on it. Behind the end of the list: nothing.
    pub items: Vec<T>,
    /// Which part it is.
    pub meta: Meta,
    /// Without its paging.
    call: Call,
    paging: Paging,
}

/// As it comes: some kind of list and what belongs to it.
#[derive(Deserialize)]
pub(super) struct Answer<T> {
    pub items: T,
    #[serde(default)]
    meta: Meta,
}

impl<T: DeserializeOwned> Page<T> {
    pub(super) async fn fetch(call: Call, paging: &Paging) -> Result<Self, Error> {
        let Answer::<Vec<T>> { items, meta } = paging.asked_of(call.clone()).send().await?;
        Ok(Self { items, meta, call, paging: paging.clone() })
    }

    /// The page behind this one; `None` at the end, and when everything is on this one.
    pub async fn next_page(&self) -> Result<Option<Self>, Error> {
        let Some(paging) = self.following() else { return Ok(None) };
        let next = Self::fetch(self.call.clone(), &paging).await?;
        Ok(Some(next).filter(|page| !page.items.is_empty()))
    }

    /// What to ask for next. The end of a list is known by a page that has nothing.
    fn following(&self) -> Option<Paging> {
        let limit = self.meta.limit.filter(|limit| *limit > 0 && !self.items.is_empty())?;
        let offset = self.meta.offset.unwrap_or(0) + limit;
        Some(Paging { limit: Some(limit), offset: Some(offset), ..self.paging.clone() })
    }

    /// Everything on this page and on those behind it, which are fetched when they are needed.
    pub fn into_stream(self) -> impl Stream<Item = Result<T, Error>> {
        let pages = stream::try_unfold(Walk::At(self), |walk| async {
            let page = match walk {
                Walk::End => return Ok::<_, Error>(None),
                Walk::At(page) => page,
                Walk::Behind(call, paging) => Self::fetch(call, &paging).await?,
            };
            let next = page.following().map_or(Walk::End, |paging| Walk::Behind(page.call.clone(), paging));
            Ok(Some((stream::iter(page.items.into_iter().map(Ok)), next)))
        });
        pages.try_flatten()
    }
}

/// Where a walk through pages stands.
enum Walk<T> {
    /// On a page that is there.
    At(Page<T>),
    /// Before one that has to be fetched.
    Behind(Call, Paging),
    End,
}

use mainspring::Durable;

struct Mine;

impl Durable for Mine {
    type Output = u32;
    type Fut = std::future::Ready<u32>;
    fn into_fut(self, _: mainspring::durable::Seal) -> Self::Fut {
        std::future::ready(1)
    }
}

fn main() {}
